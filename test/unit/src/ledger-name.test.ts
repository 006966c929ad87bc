import { homedir } from "node:os";
import { describe, expect, test } from "vitest";
import { nameOfLedger, openLedger } from "../../../src/ledger/open.ts";
import { failureIn, fakeWorld, inputsOf, newToken } from "./support.ts";

const ACTIONS = { GITHUB_REPOSITORY: "octo/demo", GITHUB_REPOSITORY_ID: "42" };

function at(settings: Record<string, string>, env: Record<string, string> = ACTIONS) {
  const inputs = inputsOf({ credential: newToken(), "ledger-key": "ocr1_x", ...settings }, env);
  return { world: fakeWorld({ env }), inputs };
}
const nameOf = (settings: Record<string, string>, env?: Record<string, string>) => {
  const { world, inputs } = at(settings, env);
  return nameOfLedger(world, inputs, "anthropic");
};
const REF = "refs/oauth-creds/v1/anthropic/default";

describe("the name of a ledger, by which its access part is found in the cache", () => {
  test("is the same for every job that means it, and another for every other", () => {
    expect(nameOf({})).toBe(`git-ref octo/demo ${REF}`);
    expect(nameOf({ "ledger-repository": "Octo/Demo" })).toBe(nameOf({}));
    const others = [{ "ledger-repository": "octo/other" }, { account: "work" }, { ledger: "git-push" }];
    expect(new Set([{}, ...others].map((settings) => nameOf(settings))).size).toBe(4);
    expect(nameOf({}, { ...ACTIONS, GITEA_ACTIONS: "true", GITHUB_SERVER_URL: "https://git.example" })).toBe(
      `git-push https://git.example/octo/demo.git ${REF}`,
    );
  });

  test("a folder has none: another machine's is another ledger", () => {
    expect(nameOf({ ledger: "file" })).toBeUndefined();
    expect(nameOf({}, { GITHUB_REPOSITORY: "" })).toBeUndefined();
  });
});

test("an address is nothing for GitHub's API, and not told to it", async () => {
  const settings = { ledger: "git-ref", "ledger-repository": "https://ci:hunter2@git.example/logins.git" };
  const { world, inputs } = at({ ...settings, "github-token": newToken() });
  const failure = await failureIn(() => openLedger(world, inputs, "anthropic"));
  expect(failure.code).toBe("input-invalid");
  expect(failure.explain()).toContain("`owner/name`");
  expect(failure.explain()).not.toContain("hunter2");
});

test.each([
  ["https://ci:hunter2@git.example/logins.git", "https://git.example/logins.git"],
  ["https://hunter2@git.example/logins.git", "https://git.example/logins.git"],
  ["ssh://git@git.example:22/logins.git", "ssh://git.example:22/logins.git"],
  ["git@git.example:logins.git", "git@git.example:logins.git"],
])("what an address says of its user stands neither in the record nor in the cache: %s", async (address, shown) => {
  const settings = { ledger: "git-push", "ledger-repository": address };
  const { world, inputs } = at(settings);
  expect((await openLedger(world, inputs, "anthropic")).place).toBe(`${shown} ${REF}`);
  expect(nameOf(settings)).toBe(`git-push ${shown} ${REF}`);
});

describe("the folder of `ledger: file`", () => {
  const folderOf = async (env: Record<string, string>, settings: Record<string, string> = {}) => {
    const { world, inputs } = at({ ledger: "file", ...settings }, env);
    return (await openLedger(world, inputs, "anthropic")).place;
  };
  const below = (folder: string) => `${folder}/oauth-creds/anthropic/default`;

  test.each<[string, Record<string, string>, string]>([
    ["is below the user's home", { HOME: "/home/me" }, "/home/me/.local/state"],
    ["wherever the system says that it is", {}, `${homedir()}/.local/state`],
    ["or in XDG_STATE_HOME", { HOME: "/home/me", XDG_STATE_HOME: "/var/state" }, "/var/state"],
    ["which counts if it is absolute", { HOME: "/home/me", XDG_STATE_HOME: "state" }, "/home/me/.local/state"],
  ])("%s", async (_, env, folder) => expect(await folderOf(env)).toBe(below(folder)));

  test("is the same for all jobs of the user: `home`, which may be each one's own, says nothing of it", async () => {
    const env = { HOME: "/home/me" };
    expect(await folderOf(env, { home: "/tmp/a" })).toBe(await folderOf(env, { home: "/tmp/b" }));
    expect(await folderOf(env, { home: "/tmp/a" })).toBe(below("/home/me/.local/state"));
  });
});

describe("`ledger: auto` in a CI that has told no repository", () => {
  const MARKS = [["GITLAB_CI"], ["BUILDKITE"], ["JENKINS_URL"], ["CI"]] as const;

  test.each(MARKS)("is no folder, which may go with the job (%s)", async (mark) => {
    const { world, inputs } = at({}, { GITHUB_REPOSITORY: "", [mark]: "true" });
    const failure = await failureIn(() => openLedger(world, inputs, "anthropic"));
    expect(failure.code).toBe("input-invalid");
    expect(failure.explain()).toMatch(/`git-push`.*`file` only if/s);
  });

  test("is a folder if that is said, and on a machine that is no CI's", async () => {
    const open = async (settings: Record<string, string>, env: Record<string, string>) => {
      const { world, inputs } = at(settings, { GITHUB_REPOSITORY: "", HOME: "/home/me", ...env });
      return (await openLedger(world, inputs, "anthropic")).place;
    };
    const folder = "/home/me/.local/state/oauth-creds/anthropic/default";
    expect(await open({ ledger: "file" }, { GITLAB_CI: "true" })).toBe(folder);
    expect(await open({}, {})).toBe(folder);
  });

  test("is that repository where one is named", async () => {
    const settings = { "ledger-repository": "octo/demo", "github-token": newToken() };
    const { world, inputs } = at(settings, { GITHUB_REPOSITORY: "", GITLAB_CI: "true" });
    expect((await openLedger(world, inputs, "anthropic")).label).toContain("octo/demo");
  });
});
