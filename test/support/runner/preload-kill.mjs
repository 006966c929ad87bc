/**
 * Loaded into a step with `--import`: ends the process, or lets a file operation fail, at one
 * exact moment.
 *
 *   KILL_AT=<before|after>:<operation>:<glob>[#n]   SIGKILL to itself at the nth match (default 1)
 *   FAIL_AT=<operation>:<glob>:<code>[#n]           e.g. ENOSPC, at the nth match (default: at all)
 *
 * Several are separated by `;`. Operations: open read write fsync close rename unlink mkdir. A glob
 * without a slash is compared with the file's name, any other with its absolute path (`/` also on
 * Windows); `*` stays within a folder, `**` does not. Of a rename the target counts. "after" means
 * after success.
 *
 * Seen are the synchronous functions of node:fs and those of node:fs/promises, file handles
 * included. Not seen: functions with callbacks, streams, other processes.
 */
const fs = process.getBuiltinModule("node:fs");
const { resolve, basename } = process.getBuiltinModule("node:path");
const { fileURLToPath } = process.getBuiltinModule("node:url");
const { getSystemErrorMap } = process.getBuiltinModule("node:util");
const { syncBuiltinESMExports } = process.getBuiltinModule("node:module");

const OPERATIONS = new Set(["open", "read", "write", "fsync", "close", "rename", "unlink", "mkdir"]);

const kills = rules("KILL_AT", /^(?<moment>before|after):(?<operation>\w+):(?<glob>.+?)(?:#(?<nth>\d+))?$/);
const failures = rules("FAIL_AT", /^(?<operation>\w+):(?<glob>.+):(?<code>E\w+)(?:#(?<nth>\d+))?$/);

function rules(variable, form) {
  const texts = (process.env[variable] ?? "").split(";").filter((text) => text !== "");
  return texts.map((text) => {
    const found = form.exec(text)?.groups;
    if (!found || !OPERATIONS.has(found.operation)) {
      throw new Error(`${variable} not understood: ${text}`);
    }
    const { moment, operation, glob, code, nth } = found;
    return { moment, operation, pattern: toRegExp(glob), code, nth: nth && Number(nth), seen: 0 };
  });
}

function toRegExp(glob) {
  const source = glob.replace(/\*\*|[*?]|[\\^$.|+()[\]{}]/g, (part) => {
    if (part === "**") return ".*";
    if (part === "*") return "[^/]*";
    return part === "?" ? "[^/]" : `\\${part}`;
  });
  return { wholePath: glob.includes("/"), regExp: new RegExp(`^${source}$`, "s") };
}

function matches(rule, operation, file) {
  if (rule.operation !== operation || file === undefined) return false;
  const name = rule.pattern.wholePath ? file.replaceAll("\\", "/") : basename(file);
  return rule.pattern.regExp.test(name);
}

function passMoment(moment, operation, file) {
  for (const rule of kills) {
    if (rule.moment !== moment || !matches(rule, operation, file)) continue;
    if (++rule.seen === (rule.nth ?? 1)) die();
  }
}

function die() {
  process.kill(process.pid, "SIGKILL");
  // The signal has taken effect before this; should it ever not, nothing more must happen.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
}

/** `names` are what the real error would name: nothing for an operation on a descriptor. */
function failIfAsked(operation, file, names) {
  for (const rule of failures) {
    if (!matches(rule, operation, file)) continue;
    rule.seen += 1;
    if (rule.nth !== undefined && rule.nth !== rule.seen) continue;
    const entries = [...getSystemErrorMap()];
    const [errno, [code, text]] = entries.find(([, [name]]) => name === rule.code) ?? [-1, [rule.code, "failed"]];
    const [path, dest] = names;
    // Reading by path fails at its open.
    const syscall = operation === "read" && path ? "open" : operation;
    const where = (path ? ` '${path}'` : "") + (dest ? ` -> '${dest}'` : "");
    throw Object.assign(new Error(`${code}: ${text}, ${syscall}${where}`), {
      errno,
      code,
      syscall,
      ...(path && { path }),
      ...(dest && { dest }),
    });
  }
}

/** Node's own functions call one another through the patched object: only the outer call counts. */
let inside = false;

function around(operation, file, names, work) {
  if (inside) return work();
  passMoment("before", operation, file);
  failIfAsked(operation, file, names);
  let result;
  inside = true;
  try {
    result = work();
  } finally {
    inside = false;
  }
  passMoment("after", operation, file);
  return result;
}

async function aroundAsync(operation, file, names, work) {
  passMoment("before", operation, file);
  failIfAsked(operation, file, names);
  const result = await work();
  passMoment("after", operation, file);
  return result;
}

/** Descriptor to absolute path. */
const opened = new Map();

function absolute(path) {
  if (path instanceof URL) return fileURLToPath(path);
  return resolve(typeof path === "string" ? path : Buffer.from(path).toString());
}

/** A write by path is an open, a write, maybe a flush, and a close: a kill can fall in between. */
function writeOptions(options, flag) {
  const given = typeof options === "string" ? { encoding: options } : (options ?? {});
  return { flag, mode: 0o666, ...given };
}

const { ...sync } = fs;
const { ...async } = fs.promises;

fs.openSync = (path, ...rest) => {
  const file = absolute(path);
  return around("open", file, [String(path)], () => {
    const fd = sync.openSync(path, ...rest);
    opened.set(fd, file);
    return fd;
  });
};
fs.closeSync = (fd) =>
  around("close", opened.get(fd), [], () => {
    sync.closeSync(fd);
    opened.delete(fd);
  });
for (const [name, operation] of Object.entries({
  writeSync: "write",
  writevSync: "write",
  fsyncSync: "fsync",
  fdatasyncSync: "fsync",
})) {
  fs[name] = (fd, ...rest) => {
    return around(operation, opened.get(fd), [], () => sync[name](fd, ...rest));
  };
}
for (const [name, flag] of Object.entries({ writeFileSync: "w", appendFileSync: "a" })) {
  fs[name] = (target, data, options) => {
    if (inside) return sync[name](target, data, options);
    if (typeof target === "number") {
      return around("write", opened.get(target), [], () => sync[name](target, data, options));
    }
    const { flag: flags, mode, flush, ...rest } = writeOptions(options, flag);
    const fd = fs.openSync(target, flags, mode);
    try {
      around("write", opened.get(fd), [], () => sync.writeFileSync(fd, data, rest));
      if (flush) fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
  };
}
fs.renameSync = (from, to) =>
  around("rename", absolute(to), [String(from), String(to)], () => sync.renameSync(from, to));
for (const [name, operation] of Object.entries({
  unlinkSync: "unlink",
  rmSync: "unlink",
  mkdirSync: "mkdir",
})) {
  fs[name] = (path, ...rest) => {
    return around(operation, absolute(path), [String(path)], () => sync[name](path, ...rest));
  };
}
fs.readFileSync = (target, ...rest) => {
  const byFd = typeof target === "number";
  const file = byFd ? opened.get(target) : absolute(target);
  const names = byFd ? [] : [String(target)];
  return around("read", file, names, () => sync.readFileSync(target, ...rest));
};

fs.promises.open = async (path, ...rest) => {
  const file = absolute(path);
  return aroundAsync("open", file, [String(path)], async () => {
    return watchHandle(await async.open(path, ...rest), file);
  });
};

function watchHandle(handle, file) {
  const close = handle.close.bind(handle);
  const { fd } = handle;
  opened.set(fd, file);
  handle.close = () =>
    aroundAsync("close", file, [], async () => {
      opened.delete(fd);
      await close();
    });
  for (const [name, operation] of Object.entries({
    write: "write",
    writev: "write",
    writeFile: "write",
    appendFile: "write",
    readFile: "read",
    sync: "fsync",
    datasync: "fsync",
  })) {
    const original = handle[name].bind(handle);
    handle[name] = (...args) => aroundAsync(operation, file, [], () => original(...args));
  }
  return handle;
}

for (const [name, flag] of Object.entries({ writeFile: "w", appendFile: "a" })) {
  fs.promises[name] = async (target, data, options) => {
    if (typeof target?.fd === "number") return target[name](data, options);
    const { flag: flags, mode, flush, ...rest } = writeOptions(options, flag);
    const handle = await fs.promises.open(target, flags, mode);
    try {
      await handle.writeFile(data, rest);
      if (flush) await handle.sync();
    } finally {
      await handle.close();
    }
  };
}
fs.promises.rename = (from, to) =>
  aroundAsync("rename", absolute(to), [String(from), String(to)], () => async.rename(from, to));
for (const [name, operation] of Object.entries({
  unlink: "unlink",
  rm: "unlink",
  mkdir: "mkdir",
  readFile: "read",
})) {
  fs.promises[name] = async (target, ...rest) => {
    if (typeof target?.fd === "number") return target[name](...rest);
    return aroundAsync(operation, absolute(target), [String(target)], () => {
      return async[name](target, ...rest);
    });
  };
}

// Named imports of these modules are copies: bring them up to date.
syncBuiltinESMExports();
