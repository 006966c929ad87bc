/** `rotate-to`: what it takes, what it refuses, and what becomes of a token that is pasted there. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openEnvelope, sealEnvelope, type StoredLocation } from "../../../src/credential/envelope.ts";
import type { GitHubContext } from "../../../src/rotation/github-context.ts";
import { type Location, parseLocation, sameLocation, storedLocation } from "../../../src/rotation/location.ts";
import { anyToken, failureOf, inputsOf, newLogin, NOW, pieceOf, word } from "./support.ts";

const HERE: GitHubContext = {
  apiUrl: "https://api.example",
  repository: "o/r",
  repositoryId: "42",
  runId: "7",
  runAttempt: 1,
};
const GITLAB: GitHubContext = { ...HERE, repository: undefined, project: "group/sub/project", forge: "gitlab" };
const GITEA: GitHubContext = { ...HERE, forge: "gitea" };

const located = (entry: string, here = HERE): Location => {
  const location = parseLocation(entry, here);
  if (!("label" in location)) throw new Error(`${entry} is refused: ${location[0]}`);
  return location;
};
const problemOf = (entry: string, here = HERE): string | undefined => {
  const location = parseLocation(entry, here);
  return "label" in location ? undefined : location[0];
};

describe("an entry", () => {
  const own = { repository: "o/r", repositoryId: "42" };
  const acme = { kind: "organization" as const, within: "acme", repository: "acme", repositoryId: undefined };
  const other = { repository: "x/y.z", repositoryId: undefined };
  test.each<[string, Partial<Location>]>([
    ["LOGIN", { kind: "repository", name: "LOGIN", ...own, accessOnly: false, label: "the repository secret LOGIN" }],
    ["login", { kind: "repository", name: "LOGIN" }],
    ["_x1", { kind: "repository", name: "_X1" }],
    ["repository/LOGIN", { kind: "repository", name: "LOGIN", ...own, accessOnly: false }],
    [
      "environment/production/LOGIN",
      {
        kind: "environment",
        within: "production",
        ...own,
        accessOnly: false,
        label: "the environment secret LOGIN of production",
      },
    ],
    ["environment/eu/west%201/LOGIN", { kind: "environment", within: "eu/west 1", name: "LOGIN" }],
    ["environment/a%2cb%40c%2F/LOGIN", { within: "a,b@c%2F" }],
    ["environment/Prod-É:1/login", { kind: "environment", within: "Prod-É:1", name: "LOGIN" }],
    ["organization/acme/LOGIN", { ...acme, accessOnly: false, label: "the organization secret LOGIN of acme" }],
    ["organization/acme/LOGIN:access", { ...acme, accessOnly: true }],
    ["dependabot/LOGIN", { kind: "dependabot", ...own, accessOnly: true, label: "the dependabot secret LOGIN" }],
    ["codespaces/LOGIN", { kind: "codespaces", ...own, accessOnly: true }],
    ["agents/LOGIN", { kind: "agents", ...own, accessOnly: true }],
    ["dependabot/LOGIN:access", { kind: "dependabot", accessOnly: true }],
    ["LOGIN:access", { kind: "repository", ...own, accessOnly: true }],
    ["LOGIN@x/y.z", { kind: "repository", ...other, accessOnly: false, label: "the repository secret LOGIN of x/y.z" }],
    ["LOGIN:access@x/y.z", { kind: "repository", ...other, accessOnly: true }],
    ["LOGIN@x/y.z:access", { kind: "repository", ...other, accessOnly: true }],
    ["agents/LOGIN@x/y.z", { kind: "agents", ...other, accessOnly: true }],
    [
      "environment/production/LOGIN:access@x/y.z",
      {
        kind: "environment",
        within: "production",
        ...other,
        label: "the environment secret LOGIN of production of x/y.z",
      },
    ],
    // The job's own repository is not another one, whatever its letters.
    ["LOGIN@O/R", { kind: "repository", ...own, label: "the repository secret LOGIN" }],
  ])("%s", (entry, expected) => {
    expect(located(entry)).toMatchObject(expected);
  });

  test.each<[string, string]>([
    ["my-login", "place-form"],
    ["1LOGIN", "place-form"],
    ["LO GIN", "place-form"],
    ["LOGIN:acces", "place-form"],
    ["LOGIN@x", "place-form"],
    ["LOGIN@x/y/", "place-form"],
    ["LOGIN@", "place-form"],
    ["/LOGIN", "place-form"],
    ["secret/LOGIN", "place-form"],
    ["Repository/LOGIN", "place-form"],
    ["environment/LOGIN", "place-form"],
    ["environment//LOGIN", "place-form"],
    ["environment/a@b/LOGIN", "place-form"],
    ["organization/LOGIN", "place-form"],
    ["organization/acme/LOGIN@x/y", "place-form"],
    ["dependabot/acme/LOGIN", "place-form"],
    ["GITHUB_LOGIN", "place-name"],
    ["github_login:access", "place-name"],
    ["environment/production/GITHUB_LOGIN", "place-name"],
    ["environment/../LOGIN", "place-name"],
    ["environment/./LOGIN", "place-name"],
    ["LOGIN@../..", "place-name"],
    ["LOGIN@x/..", "place-name"],
    ["LOGIN@x/..:access", "place-name"],
    ["organization/../LOGIN", "place-name"],
  ])("%s is refused: %s", (entry, problem) => {
    expect(problemOf(entry)).toBe(problem);
  });

  test.each(["environment/github-pages/LOGIN", "environment/github_release/LOGIN", "LOGIN@octo/.github", "RT_LOGIN"])(
    "%s is not taken for a token, or for a path",
    (entry) => {
      expect(problemOf(entry)).toBeUndefined();
    },
  );
});

describe("on other forges", () => {
  test.each<[string, Partial<Location>]>([
    [
      "login",
      { kind: "repository", name: "login", repository: "group/sub/project", label: "the CI/CD variable login" },
    ],
    ["environment/production/LOGIN", { within: "production", label: "the CI/CD variable LOGIN of production" }],
    ["organization/group/sub/LOGIN", { kind: "organization", within: "group/sub", repository: "group/sub" }],
    ["LOGIN:access@a/b/c", { kind: "repository", repository: "a/b/c", accessOnly: true, repositoryId: undefined }],
  ])("GitLab: %s", (entry, expected) => {
    expect(located(entry, GITLAB)).toMatchObject({ forge: "gitlab", ...expected });
  });

  test.each<[string, GitHubContext, string | undefined]>([
    ["dependabot/LOGIN", GITLAB, "place-forge"],
    ["agents/LOGIN", GITLAB, "place-forge"],
    ["LOGIN", GITEA, "place-forge"],
    ["organization/acme/LOGIN", GITEA, "place-forge"],
    ["environment/production/LOGIN:access", GITEA, "place-forge"],
    ["codespaces/LOGIN", GITEA, "place-forge"],
    ["LOGIN:access", GITEA, undefined],
    ["organization/acme/LOGIN:access", GITEA, undefined],
    ["LOGIN:access@x/y", GITEA, undefined],
  ])("%s", (entry, here, problem) => {
    expect(problemOf(entry, here)).toBe(problem);
  });

  test.each<[Record<string, string>, RegExp]>([
    [{ GITEA_ACTIONS: "true" }, /Gitea and Forgejo do not tell.*`ledger: git-push`.*`NAME:access`/],
    [{ FORGEJO_ACTIONS: "true" }, /Gitea and Forgejo do not tell/],
  ])("with %j a login belongs into the ledger, and the secret can take the access token", (env, text) => {
    const settings = { "rotate-to": "LOGIN", "secrets-token": "t" };
    expect(failureOf(() => inputsOf(settings, env)).message).toMatch(text);
    const fine = { "rotate-to": "LOGIN:access", "secrets-token": "t", "ledger-key": "ocr1_x" };
    expect(inputsOf(fine, env).accessTo).toMatchObject([{ name: "LOGIN", forge: "gitea" }]);
  });

  test("what another forge does not have is said", () => {
    const settings = { "rotate-to": "LOGIN,dependabot/X", "secrets-token": "t" };
    const gitlab = { GITLAB_CI: "true", CI_PROJECT_PATH: "a/b", GITHUB_REPOSITORY: "" };
    expect(failureOf(() => inputsOf(settings, gitlab)).message).toBe("`rotate-to`: GitLab has no dependabot secrets.");
  });

  test("GitLab's project stands where the repository does", () => {
    const env = {
      GITLAB_CI: "true",
      CI_PROJECT_PATH: "a/b",
      CI_PROJECT_ID: "5",
      GITHUB_REPOSITORY: "",
      GITHUB_REPOSITORY_ID: "",
    };
    const { rotateTo, github } = inputsOf({ "rotate-to": "LOGIN", "secrets-token": "t" }, env);
    expect(rotateTo).toMatchObject({ repository: "a/b", repositoryId: "5" });
    // For others it is not a repository of GitHub's.
    expect(github.repository).toBeUndefined();
  });
});

describe("the list", () => {
  const store = { "secrets-token": "t" };
  const read = (text: string, more: Record<string, string> = {}) => inputsOf({ ...store, "rotate-to": text, ...more });
  const messageOf = (text: string, more: Record<string, string> = {}) => failureOf(() => read(text, more)).message;

  test("none", () => {
    expect(inputsOf()).toMatchObject({ rotateTo: undefined, accessTo: [] });
  });

  test("one that is renewed, and others, in any order and however they are parted", () => {
    const { rotateTo, accessTo } = read(
      "dependabot/A,\n  environment/production/A\tB:access ,, organization/o/C:access",
    );
    expect(rotateTo?.label).toBe("the environment secret A of production");
    expect(accessTo.map(({ label }) => label)).toEqual([
      "the dependabot secret A",
      "the repository secret B",
      "the organization secret C of o",
    ]);
  });

  test("a second that could be renewed is refused, with what to do", () => {
    expect(messageOf("A,environment/production/A")).toMatch(/several places.*`NAME:access`/);
    expect(messageOf("A B:access C D")).toMatch(/several places/);
  });

  test.each(["A,A", "A,a:access", "A:access,repository/A", "A,A:access@O/R", "dependabot/A,dependabot/A:access,B"])(
    "the same place twice is refused: %s",
    (text) => {
      expect(messageOf(text, { "ledger-key": "ocr1_x" })).toMatch(/one place twice/);
    },
  );

  test("access parts alone need a ledger, where the login itself is kept", () => {
    expect(messageOf("A:access,dependabot/B")).toMatch(/nowhere to be stored.*`ledger-key`/);
    expect(read("A:access,dependabot/B", { "ledger-key": "ocr1_x" })).toMatchObject({ rotateTo: undefined });
  });

  test("one that is not understood is the only problem", () => {
    expect(messageOf("my-login,B:access")).toMatch(/^`rotate-to` takes `NAME`/);
  });

  test("the rules for a place hold for each kind", () => {
    const kinds = ["environment/p/A", "organization/o/A"];
    for (const kind of kinds) {
      expect(failureOf(() => inputsOf({ "rotate-to": kind })).message).toMatch(/`secrets-token` is empty/);
      expect(() => read(kind, { "write-refresh-token": "true" })).not.toThrow();
      expect(messageOf(kind, { "allow-unstored-refresh": "true" })).toMatch(/`allow-unstored-refresh`/);
    }
  });
});

test("a token is not repeated, wherever in an entry it was pasted", () => {
  const around = fc.constantFrom(
    (token: string) => token,
    (token: string) => `environment/${token}/NAME`,
    (token: string) => `environment/production/${token}`,
    (token: string) => `organization/${token}/NAME`,
    (token: string) => `dependabot/${token}:access`,
    (token: string) => `NAME@${token}`,
    (token: string) => `NAME@octo/${token}`,
    (token: string) => `NAME:access@${token}/x`,
  );
  const known = anyToken.filter((token) => !/^[\w-]+$/.test(token) || /^(sk-|gh|oc1)/.test(token));
  const gitlab = word(20, 30).map((rest) => `glpat-${rest}`);
  const keys = fc.tuple(fc.constantFrom("ocr1_", "oca1_", "rt_"), word(43, 60)).map((parts) => parts.join(""));
  fc.assert(
    fc.property(fc.oneof(known, gitlab, keys), around, fc.constantFrom(HERE, GITLAB, GITEA), (token, put, here) => {
      const settings = { "rotate-to": put(token), "secrets-token": "t" };
      const env = here.forge === "gitlab" ? { GITLAB_CI: "true" } : here.forge ? { GITEA_ACTIONS: "true" } : {};
      expect(pieceOf(token, failureOf(() => inputsOf(settings, env)).explain())).toBeUndefined();
    }),
    { numRuns: 400 },
  );
});

describe("an envelope's place", () => {
  const of = (entry: string, here = HERE): StoredLocation => storedLocation(located(entry, here));
  const envelope = (location: StoredLocation) => sealEnvelope(newLogin(), { savedAt: NOW, location, probe: undefined });

  test.each(["A", "environment/production/A", "organization/acme/A", "A@x/y"])("of %s is kept", (entry) => {
    expect(openEnvelope(envelope(of(entry))).stored?.location).toEqual(of(entry));
  });

  test.each<[string, object]>([
    ["an environment without a name", { ...of("environment/p/A"), within: undefined }],
    ["an organization without one", { ...of("organization/o/A"), within: 1 }],
    ["a kind from which nothing is renewed", { ...of("A"), kind: "dependabot" }],
  ])("%s is none", (_, location) => {
    expect(() => openEnvelope(envelope(location as StoredLocation))).toThrow(/fields missing/);
  });

  test("as it was written before there were other kinds", () => {
    const old = { kind: "repository", name: "A", repository: "o/r", repositoryId: "42" } as const;
    expect(openEnvelope(envelope(old)).stored?.location).toEqual(old);
    expect(sameLocation(old, located("A"))).toBe(true);
  });

  test.each<[string, string, boolean]>([
    ["A", "A", true],
    ["A", "environment/production/A", false],
    ["environment/production/A", "A", false],
    ["environment/production/A", "environment/Production/A", true],
    ["environment/production/A", "environment/staging/A", false],
    ["organization/acme/A", "organization/ACME/a", true],
    ["organization/acme/A", "organization/other/A", false],
    ["organization/acme/A", "A", false],
    ["A@x/y", "A", false],
    ["A@x/y", "A@X/Y", true],
  ])("%s is that of %s: %s", (stored, here, same) => {
    expect(sameLocation(of(stored), located(here))).toBe(same);
  });

  test("an organization's is the same for each of its repositories", () => {
    const elsewhere = { ...HERE, repository: "acme/other", repositoryId: "43" };
    expect(sameLocation(of("organization/acme/A"), located("organization/acme/A", elsewhere))).toBe(true);
  });
});
