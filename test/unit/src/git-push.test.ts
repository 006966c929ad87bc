import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Ledger } from "../../../src/ledger/ledger.ts";
import { Secret } from "../../../src/secret.ts";
import { runProgram } from "../../../src/world/programs.ts";
import type { World } from "../../../src/world/world.ts";
import { git } from "../../support/ledger/git-server.ts";
import {
  BRANCH,
  gitWorld,
  hook,
  newRemote,
  openIn,
  outcomeOf,
  PLACE,
  problemIn,
  REF,
  refs,
  runChild,
  setUp,
} from "./git-push-support.ts";
import { ledgerConformance, write } from "./ledger-conformance.ts";
import { newFolder, newToken, tempFolder } from "./support.ts";

ledgerConformance(
  "in a bare repository",
  async () => {
    const { folder, remove } = newFolder();
    const remote = newRemote(folder);
    let broken: "before" | "after" | undefined;
    const run: World["run"] = async (command, args, options) => {
      const how = args[0] === "push" ? broken : undefined;
      if (how) broken = undefined;
      const ended = how === "before" ? undefined : await runProgram(command, args, options);
      return how || !ended ? { status: undefined, missing: false, stdout: "", stderr: "" } : ended;
    };
    return {
      ledger: () => openIn(folder, { remote }, { ...gitWorld().world, run }),
      close: async () => remove(),
      breakOnce: (how) => (broken = how),
      elsewhere: (texts, times) => {
        return runChild({ git: { remote, ref: REF, folder: join(folder, "elsewhere") }, write: { texts, times } });
      },
    };
  },
  { rounds: 3 },
);

describe("a record in a repository", () => {
  test("is the message of a commit without files, whose parent is the one before", async () => {
    const { remote, ledger } = setUp();
    await write(ledger, ["first text", "second text"], 2);
    expect(git(remote, ["rev-list", "--count", REF])).toBe("2");
    expect(git(remote, ["ls-tree", REF])).toBe("");
    const body = git(remote, ["log", "-1", "--format=%B", REF]);
    expect(body.split("\n")).toEqual(
      ["second text", "", expect.stringMatching(/^oauth-creds [0-9a-f]{24} 1 \[skip ci\]$/), ""].slice(
        0,
        body.split("\n").length,
      ),
    );
    expect(git(remote, ["fsck", "--strict"])).toBe("");
    expect(refs(remote)).toEqual([REF]);
    expect(ledger).toMatchObject({ place: PLACE, label: `the ref ${REF} of ${remote}`, serverTime: false });
  });

  test("is not looked up by the end of its name", async () => {
    const { remote, ledger, open } = setUp();
    const other = open({ ref: `refs/else/${REF}` });
    await write(other, ["another"], 1);
    expect((await ledger.load()).entry).toBeUndefined();
    await write(ledger, ["ours"], 1);
    expect((await other.load()).entry?.text).toBe("another");
    expect(refs(remote)).toHaveLength(2);
  });

  test("written by another program is read as it is", async () => {
    const { remote, ledger } = setUp();
    const tree = git(remote, ["hash-object", "-t", "tree", "-w", "--stdin"]);
    const who = ["-c", "user.name=x", "-c", "user.email=x@y"];
    const commit = git(remote, [...who, "commit-tree", tree], "a text\nof two lines");
    git(remote, ["update-ref", REF, commit]);
    expect((await ledger.load()).entry).toMatchObject({ version: commit, text: "a text\nof two lines" });
    expect((await ledger.compareAndSwap(commit, "ours")).type).toBe("swapped");
    expect((await ledger.load()).entry?.text).toBe("ours");
  });

  test("that is no commit, or longer than can be read, is a problem, and is not replaced", async () => {
    const { remote, ledger, folder } = setUp();
    const blob = git(remote, ["hash-object", "-w", "--stdin"], "a blob");
    git(remote, ["update-ref", REF, blob]);
    expect(await problemIn(ledger.load())).toMatchObject({ kind: "unsupported", sent: false });
    expect(await problemIn(ledger.compareAndSwap(blob, "new"))).toMatchObject({ kind: "unsupported", sent: false });
    expect(git(remote, ["rev-parse", REF])).toBe(blob);
    const large = newRemote(folder, "large.git");
    const other = openIn(folder, { remote: large });
    await other.compareAndSwap(undefined, "\n".repeat(1_100_000));
    expect(await problemIn(openIn(folder, { remote: large }).load())).toMatchObject({ kind: "unsupported" });
  });

  test("is asked for once, and fetched only if it has changed", async () => {
    const { calls, ledger, open } = setUp();
    const verbs = () => calls.splice(0).map(({ args }) => args[0]);
    await ledger.load();
    expect(verbs()).toEqual(["init", "hash-object", "ls-remote"]);
    await write(ledger, ["text"], 1);
    expect(verbs()).toEqual(["ls-remote", "ls-remote", "hash-object", "push", "ls-remote"]);
    const { entry } = await ledger.load();
    expect(verbs()).toEqual(["ls-remote"]);
    await ledger.compareAndSwap(entry?.version, "next");
    expect(verbs()).toEqual(["hash-object", "push"]);
    const other = open();
    await other.load();
    await other.load();
    expect(verbs()).toEqual(["init", "hash-object", "ls-remote", "fetch", "cat-file", "ls-remote"]);
  });

  test("stays one commit to fetch, however many there were", async () => {
    const { folder, ledger, open } = setUp();
    await write(ledger, ["text"], 4);
    const reader = open();
    await reader.load();
    await write(ledger, ["text"], 2);
    await reader.load();
    const shallow = readdirSync(join(folder, "temp"))
      .map((name) => join(folder, "temp", name))
      .filter((path) => existsSync(join(path, "shallow")));
    expect(shallow).toHaveLength(1);
    expect(git(shallow[0] ?? "", ["rev-list", "--count", "refs/ledger/fetched"])).toBe("1");
  });

  /** Puts a record into the repository that has so many commits before it. */
  function plantDepth(remote: string, ref: string, depth: number): string {
    const tree = git(remote, ["hash-object", "-t", "tree", "-w", "--stdin"]);
    const who = "oauth-creds <oauth-creds@localhost> 1 +0000";
    const lines = [
      `tree ${tree}`,
      `author ${who}`,
      `committer ${who}`,
      "",
      "old",
      "",
      `oauth-creds 0a ${depth} [skip ci]`,
    ];
    const commit = git(remote, ["hash-object", "-t", "commit", "-w", "--stdin"], `${lines.join("\n")}\n`);
    git(remote, ["update-ref", ref, commit]);
    return commit;
  }

  test("begins anew after 256 commits", async () => {
    const { remote, ledger } = setUp();
    for (const [depth, count, text] of [
      [255, "2", "at 255"],
      [256, "1", "at 256"],
    ] as const) {
      const old = plantDepth(remote, REF, depth);
      expect(await outcomeOf(ledger.compareAndSwap(old, text))).toBe("swapped");
      expect(git(remote, ["rev-list", "--count", REF])).toBe(count);
      expect((await ledger.load()).entry?.text).toBe(text);
    }
    await write(ledger, ["next"], 1);
    expect(git(remote, ["log", "-1", "--format=%B", REF])).toMatch(/ 1 \[skip ci\]/);
  });

  test("goes on where the server does not let a branch begin anew", async () => {
    const { remote, ledger, calls } = setUp({ ref: BRANCH });
    git(remote, ["config", "receive.denyNonFastForwards", "true"]);
    const old = plantDepth(remote, BRANCH, 256);
    const pushes = () => calls.splice(0).filter(({ args }) => args[0] === "push").length;
    expect(await outcomeOf(ledger.compareAndSwap(old, "next"))).toBe("swapped");
    expect(pushes()).toBe(2);
    expect(git(remote, ["rev-list", "--count", BRANCH])).toBe("2");
    await write(ledger, ["text"], 1);
    expect(pushes()).toBe(1); // not with every record
    expect(git(remote, ["rev-list", "--count", BRANCH])).toBe("3");
  });
});

/** Refuses all refs that begin so. */
const refuseRefs = (remote: string, prefix: string) =>
  hook(
    remote,
    "pre-receive",
    `while read old new ref; do case "$ref" in ${prefix}*) echo "no $ref" >&2; exit 1;; esac; done`,
  );

describe("a server that refuses hidden refs", () => {
  test.each<[string, (remote: string) => void]>([
    ["by a hook", (remote) => refuseRefs(remote, "refs/oauth-creds/")],
    ["by an update hook", (remote) => hook(remote, "update", 'case "$1" in refs/heads/*) exit 0;; *) exit 1;; esac')],
    ["by hiding them", (remote) => void git(remote, ["config", "transfer.hideRefs", "refs/oauth-creds"])],
  ])("gets the record on a branch: %s", async (_, refuse) => {
    const { remote, ledger, open } = setUp();
    refuse(remote);
    expect((await ledger.load()).entry).toBeUndefined();
    expect(await outcomeOf(ledger.compareAndSwap(undefined, "first"))).toBe("swapped");
    expect(ledger.label).toBe(`the ref ${BRANCH} of ${remote}`);
    expect(refs(remote)).toEqual([BRANCH]);
    const other = open();
    const { entry } = await other.load();
    expect(entry?.text).toBe("first");
    expect(await outcomeOf(open().compareAndSwap(undefined, "another"))).toBe("conflict");
    expect(await outcomeOf(other.compareAndSwap(entry?.version, "second"))).toBe("swapped");
    expect(await outcomeOf(ledger.compareAndSwap(entry?.version, "stale"))).toBe("conflict");
    expect((await ledger.load()).entry?.text).toBe("second");
    expect(refs(remote)).toEqual([BRANCH]);
    // A server that has learned to take them later does not change that.
    for (const name of ["pre-receive", "update"]) hook(remote, name, "exit 0");
    git(remote, ["config", "transfer.hideRefs", "refs/none"]);
    await write(open(), ["third"], 1);
    expect(refs(remote)).toEqual([BRANCH]);
  });

  test("is not asked for a branch when the record is hidden already", async () => {
    const { remote, ledger } = setUp();
    await write(ledger, ["first"], 1);
    const { entry } = await ledger.load();
    refuseRefs(remote, "refs/oauth-creds/");
    expect(await outcomeOf(ledger.compareAndSwap(entry?.version, "second"))).toEqual({
      kind: "forbidden",
      sent: false,
    });
    expect(await outcomeOf(ledger.compareAndSwap(undefined, "second"))).toBe("conflict");
    expect(refs(remote)).toEqual([REF]);
    expect((await ledger.load()).entry?.text).toBe("first");
  });

  test("and branches too, is a problem of permission", async () => {
    const { remote, ledger } = setUp();
    refuseRefs(remote, "refs/");
    expect(await outcomeOf(ledger.compareAndSwap(undefined, "first"))).toEqual({ kind: "forbidden", sent: false });
    expect(refs(remote)).toEqual([]);
  });

  test("does not get the record on a branch of its own, where the ref is one", async () => {
    const { remote, ledger, calls } = setUp({ ref: BRANCH });
    refuseRefs(remote, "refs/");
    expect(await outcomeOf(ledger.compareAndSwap(undefined, "first"))).toEqual({ kind: "forbidden", sent: false });
    expect(calls.filter(({ args }) => args[0] === "push")).toHaveLength(1);
    expect(calls.find(({ args }) => args[0] === "ls-remote")?.args.slice(-1)).toEqual([BRANCH]);
  });

  test("never leads to two records of which nobody knows which one lives", async () => {
    const { remote, open } = setUp();
    // One job is let through, another is not, and both begin at the same moment.
    refuseRefs(remote, "refs/oauth-creds/");
    const [one, two] = [open(), open()];
    await Promise.all([one.load(), two.load()]);
    expect(await outcomeOf(one.compareAndSwap(undefined, "one"))).toBe("swapped");
    hook(remote, "pre-receive", "exit 0");
    const commit = git(remote, ["rev-parse", BRANCH]);
    git(remote, ["update-ref", REF, commit]);
    expect(await problemIn(two.load())).toMatchObject({ kind: "unsupported", sent: false });
    expect(await outcomeOf(two.compareAndSwap(undefined, "two"))).toEqual({ kind: "unsupported", sent: false });
    // Whoever is at work with one of them can still store what it has spent a token for.
    expect(await outcomeOf(one.compareAndSwap(commit, "stored"))).toBe("swapped");
    expect(git(remote, ["log", "-1", "--format=%s", BRANCH])).toBe("stored");
  });

  test("is found out by the one who comes second, at whatever moment it comes", async () => {
    for (const [refused, made] of [
      ["refs/nothing/", BRANCH],
      ["refs/oauth-creds/", REF],
    ] as const) {
      const { remote, ledger } = setUp();
      refuseRefs(remote, refused);
      // While our own push is on its way, the other one makes its record.
      const tree = git(remote, ["hash-object", "-t", "tree", "-w", "--stdin"]);
      const other = git(remote, ["-c", "user.name=x", "-c", "user.email=x@y", "commit-tree", tree], "theirs");
      hook(remote, "post-receive", `git update-ref ${made} ${other}`);
      expect(await outcomeOf(ledger.compareAndSwap(undefined, "ours"))).toEqual({ kind: "unsupported", sent: true });
    }
  });

  test("that takes a ref and does not show it, is of no use", async () => {
    const { remote, ledger } = setUp();
    git(remote, ["config", "uploadpack.hideRefs", "refs/oauth-creds"]);
    expect(await outcomeOf(ledger.compareAndSwap(undefined, "first"))).toEqual({ kind: "unsupported", sent: true });
  });
});

describe("a push that the server does not carry out", () => {
  test("because another one is at it, may be tried again", async () => {
    const { remote, ledger } = setUp();
    await write(ledger, ["first"], 1);
    const { entry } = await ledger.load();
    writeFileSync(join(remote, `${REF}.lock`), "");
    expect(await outcomeOf(ledger.compareAndSwap(entry?.version, "second"))).toEqual({
      kind: "unreachable",
      sent: false,
    });
    expect((await ledger.load()).entry).toEqual(entry);
  });

  test("because another one was faster by a moment, is a conflict", async () => {
    const { remote, ledger } = setUp();
    await write(ledger, ["first"], 1);
    const { entry } = await ledger.load();
    const faster = git(
      remote,
      ["-c", "user.name=x", "-c", "user.email=x@y", "commit-tree", "-p", REF, `${REF}^{tree}`],
      "faster",
    );
    hook(remote, "update", `[ -e raced ] || { touch raced; git update-ref ${REF} ${faster}; }`);
    expect(await outcomeOf(ledger.compareAndSwap(entry?.version, "second"))).toBe("conflict");
    expect((await ledger.load()).entry).toMatchObject({ version: faster, text: "faster" });
  });

  test("and breaks off, is not explained by what it says to people", async () => {
    const { remote, ledger } = setUp();
    await write(ledger, ["first"], 1);
    const { entry } = await ledger.load();
    const words = "fatal: unable to access 'x': The requested URL returned error: 429";
    hook(remote, "pre-receive", `echo "${words}" >&2; sleep 0.1; kill -9 $PPID`);
    expect(await outcomeOf(ledger.compareAndSwap(entry?.version, "second"))).toEqual({
      kind: "unreachable",
      sent: true,
    });
    expect((await ledger.load()).entry).toEqual(entry);
  });

  test("but says to have done, is told as that", async () => {
    const { remote, ledger } = setUp();
    // Whoever looks then sees what is there.
    hook(remote, "post-receive", `git update-ref -d ${REF}`);
    expect(await outcomeOf(ledger.compareAndSwap(undefined, "first"))).toEqual({ kind: "unsupported", sent: true });
  });
});

describe("a git that hangs", () => {
  test.each(["ls-remote", "fetch", "push", "cat-file"])(
    "is killed, and the next call begins afresh: %s",
    async (verb) => {
      const { folder, remote, world, open } = setUp();
      await write(open(), ["first"], 1);
      let hangs = true;
      const run: World["run"] = async (command, args, options) => {
        if (!hangs || args[0] !== verb) return runProgram(command, args, options);
        hangs = false;
        writeFileSync(join(options.env?.["GIT_DIR"] ?? "", "shallow.lock"), ""); // as a killed fetch leaves it
        expect(options.timeoutMs).toBeLessThanOrEqual(20_000); // a lease must outlive it
        return { status: undefined, missing: false, stdout: "", stderr: "" };
      };
      const ledger = openIn(folder, { remote }, { ...world, run });
      const work = async () => {
        const { entry } = await ledger.load();
        return ledger.compareAndSwap(entry?.version, "second");
      };
      expect(await problemIn(work())).toMatchObject({ kind: "unreachable", sent: verb === "push" });
      expect(await outcomeOf(work())).toBe("swapped");
      expect((await open().load()).entry?.text).toBe("second");
    },
  );
});

describe("an address is refused before git is started", () => {
  test.each([
    "ext::sh -c touch% /tmp/x",
    "git://127.0.0.1/o/r.git",
    "http://git.example/o/r.git",
    "ftp://127.0.0.1/o/r.git",
    "-oProxyCommand=x",
    "relative/path",
    "",
  ])("%s", async (remote) => {
    const { calls, open } = setUp();
    const ledger = open({ remote, token: new Secret(newToken()) });
    expect(await problemIn(ledger.load())).toMatchObject({ kind: "unsupported", sent: false });
    expect(await problemIn(ledger.compareAndSwap(undefined, "x"))).toMatchObject({ kind: "unsupported", sent: false });
    expect(calls).toEqual([]);
  });

  test("but not plain HTTP to the job's own server", async () => {
    const { calls, open } = setUp({}, { GITHUB_SERVER_URL: "http://127.0.0.2:1" });
    expect(await problemIn(open({ remote: "http://127.0.0.2:1/o/r.git" }).load())).toMatchObject({
      kind: "unreachable",
    });
    expect(calls.at(-1)?.env["GIT_ALLOW_PROTOCOL"]).toBe("http");
    expect(await problemIn(open({ remote: "http://127.0.0.2:2/o/r.git" }).load())).toMatchObject({
      kind: "unsupported",
    });
  });
});

test("without the program git that is said", async () => {
  const folder = tempFolder();
  const { world } = gitWorld({ PATH: folder });
  const ledger: Ledger = openIn(folder, { remote: "https://127.0.0.1/o/r.git" }, world);
  expect(await problemIn(ledger.load())).toMatchObject({ kind: "missing", sent: false });
  expect(await problemIn(ledger.compareAndSwap(undefined, "x"))).toMatchObject({ kind: "missing", sent: false });
});

test("without a folder to work in it is a problem, and nothing was sent", async () => {
  const { folder, remote, world } = setUp();
  const makeFolder = () => {
    throw Object.assign(new Error("ENOSPC"), { code: "ENOSPC", syscall: "mkdir" });
  };
  const ledger = openIn(folder, { remote }, { ...world, files: { ...world.files, makeFolder } });
  expect(await problemIn(ledger.load())).toMatchObject({ kind: "unreachable", sent: false });
  expect(await problemIn(ledger.compareAndSwap(undefined, "x"))).toMatchObject({ kind: "unreachable", sent: false });
});

test("a repository that is none is not supported", async () => {
  const { folder, open } = setUp();
  for (const remote of [folder, join(folder, "missing.git")]) {
    expect(await problemIn(open({ remote }).load())).toMatchObject({ kind: "unsupported", sent: false });
  }
});
