import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Secret } from "../../../src/secret.ts";
import { git, startGitServer } from "../../support/ledger/git-server.ts";
import { newRemote, openIn, outcomeOf, problemIn, REF, runChild, setUp, setUpHttp } from "./git-push-support.ts";
import { ledgerConformance, write } from "./ledger-conformance.ts";
import { newFolder, newToken, tempFolder } from "./support.ts";

ledgerConformance(
  "in a repository behind HTTP",
  async () => {
    const { folder, remove } = newFolder();
    newRemote(folder);
    const token = newToken();
    const server = await startGitServer({ root: folder, logins: { [`x-access-token:${token}`]: "write" } });
    const remote = `${server.origin}/remote.git`;
    return {
      ledger: () => openIn(folder, { remote, token: new Secret(token) }),
      close: () => server.close().finally(remove),
      breakOnce: server.breakPush,
      elsewhere: (texts, times) => {
        const ours = { remote, ref: REF, folder: join(folder, "elsewhere"), token };
        return runChild({ git: ours, write: { texts, times } });
      },
    };
  },
  { rounds: 2 },
);

describe("over HTTP", () => {
  test.each([
    ["a token", (token: string) => token, "x-access-token:"],
    ["a user and a token", (token: string) => `gitlab-ci-token:${token}`, "gitlab-ci-token:"],
  ])("it logs in by %s", async (_, write_, user) => {
    const token = newToken();
    const { server, open } = await setUpHttp({ [`${user}${token}`]: "write" });
    await write(open(write_(token)), ["text"], 1);
    expect((await open(write_(token)).load()).entry?.text).toBe("text");
    const basic = `Basic ${Buffer.from(user + token).toString("base64")}`;
    expect(new Set(server.requests.map(({ authorization }) => authorization))).toEqual(new Set([basic]));
  });

  test.each([
    ["a token", (token: string) => token, (token: string) => `x-access-token:${token}`],
    ["a user and a password", (token: string) => `some%40one:${token}`, (token: string) => `some@one:${token}`],
    ["a `%` that encodes nothing", (token: string) => `some%40one:${token}%`, (token: string) => `some@one:${token}%`],
  ])("it takes %s out of the address", async (_, inUrl, login) => {
    const token = newToken();
    const { server, open, calls } = await setUpHttp({ [login(token)]: "write" });
    const remote = `${server.origin.replace("//", `//${inUrl(token)}@`)}/remote.git`;
    const ledger = open(undefined, { remote });
    await write(ledger, ["text"], 1);
    expect(ledger.label).toBe(`the ref ${REF} of ${server.origin}/remote.git`);
    expect(JSON.stringify(calls.map(({ args, ended }) => [args, ended]))).not.toContain(token);
  });

  test("the token is in no argument, no output, no file, no message", async () => {
    const token = newToken();
    const { open, calls, server, folder } = await setUpHttp({ [`x-access-token:${token}`]: "write" });
    const ledger = open(token);
    await write(ledger, ["text", "other"], 3);
    server.breakPush("after");
    const problems = [await problemIn(ledger.compareAndSwap((await ledger.load()).entry?.version, "lost"))];
    server.answer("discovery", 403);
    problems.push(await problemIn(ledger.load()));
    const said = JSON.stringify([calls.map(({ args, ended }) => [args, ended]), problems, ledger]);
    const basic = Buffer.from(`x-access-token:${token}`).toString("base64");
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((each) => each.isFile());
    expect(files.length).toBeGreaterThan(20);
    const written = files.map((each) => readFileSync(join(each.parentPath, each.name), "latin1")).join("\n");
    for (const form of [token, basic, basic.slice(0, -4)]) {
      expect(said.includes(form)).toBe(false);
      expect(written.includes(form)).toBe(false);
    }
    expect(calls.every(({ env }) => JSON.stringify(env).includes(basic))).toBe(true);
    expect(JSON.stringify(calls.map(({ args }) => args))).not.toContain(server.origin);
  });

  test.each<[string, number, Record<string, string>, string]>([
    ["asks for a login", 401, { "www-authenticate": "Basic" }, "forbidden"],
    ["forbids", 403, {}, "forbidden"],
    ["does not know the repository", 404, {}, "forbidden"],
    ["throttles", 429, { "retry-after": "7" }, "throttled"],
    ["fails", 500, {}, "unreachable"],
    ["is behind a broken front end", 502, {}, "unreachable"],
    ["sends elsewhere", 301, { location: "/else.git/info/refs" }, "unsupported"],
    ["is no git server", 200, { "content-type": "text/html" }, "unsupported"],
  ])("a server that %s is a problem, and nothing was sent", async (_, status, headers, kind) => {
    const { open, server } = await setUpHttp();
    const ledger = open(newToken());
    await write(ledger, ["text"], 1);
    const { entry } = await ledger.load();
    server.answer("discovery", status, headers);
    expect(await problemIn(ledger.load())).toMatchObject({ kind, sent: false });
    const other = open(newToken());
    expect(await problemIn(other.compareAndSwap(entry?.version, "next"))).toMatchObject({ kind, sent: false });
    server.answer(undefined);
    await ledger.load();
    server.answer("discovery", status, headers);
    // To git a page for people is a repository without this version in it.
    const told = status === 200 ? "conflict" : { kind, sent: false };
    expect(await outcomeOf(ledger.compareAndSwap(entry?.version, "next"))).toEqual(told);
    server.answer(undefined);
    expect((await ledger.load()).entry).toEqual(entry);
  });

  test.each<[number, string]>([
    [403, "forbidden"],
    [413, "unreachable"],
    [429, "throttled"],
    [500, "unreachable"],
    [504, "unreachable"],
  ])("a push that is answered with %i may have been carried out", async (status, kind) => {
    const { open, server } = await setUpHttp();
    const ledger = open();
    await write(ledger, ["text"], 1);
    const { entry } = await ledger.load();
    server.answer("call", status);
    expect(await problemIn(ledger.compareAndSwap(entry?.version, "next"))).toMatchObject({ kind, sent: true });
    server.answer(undefined);
    expect((await ledger.load()).entry).toEqual(entry);
  });

  test("a token that may only read, reads", async () => {
    const [reader, writer, stranger] = [newToken(), newToken(), newToken()];
    const logins = { [`x-access-token:${reader}`]: "read", [`x-access-token:${writer}`]: "write" } as const;
    const { open, bare } = await setUpHttp(logins);
    await write(open(writer), ["text"], 1);
    const ledger = open(reader);
    const { entry } = await ledger.load();
    expect(entry?.text).toBe("text");
    expect(await outcomeOf(ledger.compareAndSwap(entry?.version, "next"))).toEqual({ kind: "forbidden", sent: false });
    for (const token of [stranger, undefined]) {
      expect(await problemIn(open(token).load())).toMatchObject({ kind: "forbidden", sent: false });
    }
    expect(git(bare, ["rev-parse", REF])).toBe(entry?.version);
  });

  test("without a server it is a problem, and nothing was sent", async () => {
    const { open, server } = await setUpHttp();
    const ledger = open();
    await write(ledger, ["text"], 1);
    const { entry } = await ledger.load();
    await server.refuse();
    expect(await problemIn(ledger.compareAndSwap(entry?.version, "next"))).toMatchObject({
      kind: "unreachable",
      sent: false,
    });
    expect(await problemIn(ledger.load())).toMatchObject({ kind: "unreachable", sent: false });
    await server.accept();
    expect(await outcomeOf(ledger.compareAndSwap(entry?.version, "next"))).toBe("swapped");
  });

  test("a push that curl sends a second time by itself is not told as nothing", async () => {
    const { open, server } = await setUpHttp();
    const ledger = open();
    await write(ledger, ["text"], 1);
    const { entry } = await ledger.load();
    server.breakPush("after");
    const problem = await problemIn(ledger.compareAndSwap(entry?.version, "next"));
    expect(problem.sent).toBe(true);
    expect((await ledger.load()).entry?.text).toBe("next");
  });
});

describe("what the job has set", () => {
  test("does not lead git elsewhere", async () => {
    const { server: trap } = await setUpHttp();
    const home = tempFolder();
    const traced = join(home, "trace");
    const lines = [
      `[url "${trap.origin}/"]\n\tinsteadOf = http://`,
      `[credential]\n\thelper = "!touch ${home}/asked; echo username=x; echo password=y"`,
      `[core]\n\thooksPath = ${home}/hooks\n\taskPass = ${home}/ask`,
      `[http]\n\tproxy = ${trap.origin}`,
    ];
    writeFileSync(join(home, ".gitconfig"), lines.join("\n"));
    writeFileSync(join(home, ".netrc"), "machine 127.0.0.1 login x password y\n");
    mkdirSync(join(home, "hooks"));
    for (const name of ["hooks/pre-push", "ask"]) {
      writeFileSync(join(home, name), `#!/bin/sh\ntouch ${home}/asked\n`, { mode: 0o755 });
    }
    const env = {
      HOME: home,
      XDG_CONFIG_HOME: home,
      GIT_CONFIG_GLOBAL: join(home, ".gitconfig"),
      GIT_CONFIG_PARAMETERS: `'http.proxy'='${trap.origin}'`,
      GIT_ASKPASS: join(home, "ask"),
      SSH_ASKPASS: join(home, "ask"),
      GIT_DIR: home,
      GIT_TRACE_CURL: traced,
      GIT_TRACE: traced,
      LANGUAGE: "de",
      LC_ALL: "de_DE.UTF-8",
    };
    const token = newToken();
    const { open, calls } = await setUpHttp({ [`x-access-token:${token}`]: "write" }, env);
    await write(open(token), ["text"], 2);
    expect(await problemIn(open(newToken()).load())).toMatchObject({ kind: "forbidden" });
    expect(trap.requests).toEqual([]);
    expect([existsSync(traced), existsSync(join(home, "asked"))]).toEqual([false, false]);
    for (const { env: passed } of calls) {
      expect(passed).toMatchObject({ LC_ALL: "C", GIT_CONFIG_NOSYSTEM: "1", GIT_TERMINAL_PROMPT: "0" });
      expect(Object.values(passed).filter((value) => value?.includes(home))).toEqual([]);
    }
  });

  test("counts where the network is concerned: proxies, certificates", async () => {
    const { ledger, calls } = setUp({}, { https_proxy: "http://127.0.0.1:1", GIT_SSL_CAINFO: "/ca.pem", OTHER: "x" });
    await ledger.load();
    expect(calls[0]?.env).toMatchObject({ https_proxy: "http://127.0.0.1:1", GIT_SSL_CAINFO: "/ca.pem" });
    expect(calls[0]?.env).not.toHaveProperty("OTHER");
  });

  test.each([
    ["ssh://git:PW@127.0.0.1/o/r.git", "ssh://127.0.0.1/o/r.git", "git@127.0.0.1"],
    ["ssh://git:PW@127.0.0.1:2022/o/r@2.git", "ssh://127.0.0.1:2022/o/r@2.git", "git@127.0.0.1"],
    ["ssh://git:a@PW@127.0.0.1/o/r.git", "ssh://127.0.0.1/o/r.git", "git@127.0.0.1"],
    ["ssh://git@127.0.0.1/o/r.git", "ssh://127.0.0.1/o/r.git", "git@127.0.0.1"],
    ["ssh://127.0.0.1:2022/o/r@2.git", "ssh://127.0.0.1:2022/o/r@2.git", "127.0.0.1"],
  ])("over SSH a password is neither shown nor handed on: %s", async (address, shown, host) => {
    const home = tempFolder();
    const password = newToken();
    const { calls, open } = setUp({}, { HOME: home, PATH: `${home}:${process.env["PATH"]}` });
    writeFileSync(join(home, "ssh"), `#!/bin/sh\necho "$@" > ${home}/args\nexit 255\n`, { mode: 0o755 });
    const ledger = open({ remote: address.replace("PW", password) });
    expect(await problemIn(ledger.load())).toMatchObject({ kind: "unreachable", sent: false });
    expect(ledger.label).toBe(`the ref ${REF} of ${shown}`);
    const args = readFileSync(join(home, "args"), "utf8");
    expect(args).toContain(` ${host} `);
    expect(args + JSON.stringify(calls)).not.toContain(password);
  });

  test("counts over SSH, which asks nobody", async () => {
    const home = tempFolder();
    const { calls, open } = setUp({}, { HOME: home, SSH_AUTH_SOCK: "/agent", PATH: `${home}:${process.env["PATH"]}` });
    writeFileSync(join(home, "ssh"), `#!/bin/sh\necho "$@" > ${home}/args\nexit 255\n`, { mode: 0o755 });
    for (const remote of ["ssh://git@127.0.0.1/o/r.git", "git@127.0.0.1:o/r.git"]) {
      expect(await problemIn(open({ remote }).load())).toMatchObject({ kind: "unreachable", sent: false });
      expect(readFileSync(join(home, "args"), "utf8")).toMatch(/^-oBatchMode=yes .*git@127\.0\.0\.1 git-upload-pack/);
    }
    expect(calls[0]?.env).toMatchObject({ HOME: home, SSH_AUTH_SOCK: "/agent" });
    const own = setUp(
      { remote: "git@127.0.0.1:o/r.git" },
      { GIT_SSH_COMMAND: `sh -c 'echo "no: Permission denied (publickey)." >&2; exit 255'` },
    );
    expect(await problemIn(own.ledger.load())).toMatchObject({ kind: "forbidden", sent: false });
  });
});
