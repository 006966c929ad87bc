/** A login that is kept in an environment or an organization, and access tokens beside it: the built action. */
import { afterEach, describe, expect, test } from "vitest";
import { startIdentity } from "../support/github/identity.ts";
import { claudeFileOf, envelopeOf, type Ran, type RunOptions, type Stage, stage } from "./stage.ts";

let here: Stage;
afterEach(() => here.close());
const HOUR = 3_600_000;
const SELECTED = Array.from({ length: 120 }, (_, index) => 100 + index);
const ALL = {
  secrets: "write",
  environments: "write",
  organization_secrets: "write",
  dependabot_secrets: "write",
  codespaces_secrets: "write",
  agent_secrets: "write",
  actions: "read",
} as const;

/** A person has signed in and stored the login in `place`; the token in `secrets-token` may write everywhere. */
async function signedIn(place: string): Promise<string> {
  here = await stage();
  here.github.tokens.set(here.pat, { permissions: ALL });
  const login = await here.oidc.issue();
  const pasted = claudeFileOf(login, Date.now() - HOUR);
  const readers = { visibility: "selected", selectedRepositoryIds: SELECTED } as const;
  here.github.setSecretByUser(place, pasted, { at: Date.now() - HOUR, ...readers });
  return pasted;
}

const at = (place: string): string => here.github.secret(place) ?? "";
/** A job that reads what stands in `place` now, and names it in `rotate-to`. */
const runAt = (place: string, { inputs = {}, ...more }: RunOptions = {}): Promise<Ran> =>
  here.run({ snapshot: at(place), ...more, inputs: { "rotate-to": place, ...inputs } });
const said = ({ main }: Ran): string => main.annotations.map(({ message }) => message).join("\n");
const alive = async (place: string): Promise<boolean> =>
  here.oidc.isRefreshTokenAlive(envelopeOf(at(place)).credential.refresh?.reveal() ?? "");

describe.each(["environment/production/CLAUDE_LOGIN", "organization/octo/CLAUDE_LOGIN"])("%s", (place) => {
  test("is renewed and stored; the next job needs no network; the one after renews the envelope", async () => {
    await signedIn(place);
    const first = await runAt(place);
    expect(first.main.outputs).toMatchObject({ refreshed: "true", rotated: "true", generation: "1" });
    expect(envelopeOf(at(place)).stored?.location).toMatchObject({
      kind: place.split("/")[0],
      within: place.split("/")[1],
    });
    const asked = here.github.requests.length + here.oidc.requests.length;
    const second = await runAt(place);
    expect(second.main.outputs).toMatchObject({ source: "secret", refreshed: "false" });
    expect(here.github.requests.length + here.oidc.requests.length).toBe(asked);
    const third = await runAt(place, { inputs: { refresh: "always" } });
    expect(third.main.outputs).toMatchObject({ rotated: "true", generation: "2" });
    expect(await alive(place)).toBe(true);
    if (place.startsWith("org")) expect([...here.github.selectedRepositoryIds(place)]).toEqual(SELECTED);
  });

  test("that the main step cannot write is written by the post step", async () => {
    await signedIn(place);
    const list = place.startsWith("env")
      ? /environments\/production\/secrets\/CLAUDE_LOGIN$/
      : /orgs\/octo\/.*\/CLAUDE_LOGIN$/;
    here.github.fault({ method: "PUT", path: list }, { do: "answer", status: 403 });
    const ran = await runAt(place);
    expect(ran.main.exitCode).toBe(0);
    expect(said(ran)).toMatch(/was renewed, but the .* secret CLAUDE_LOGIN of .* could not be written/);
    expect(ran.post.annotations).toMatchObject([
      { level: "notice", message: expect.stringMatching(/is now stored in the .* secret CLAUDE_LOGIN of/) },
    ]);
    expect(await alive(place)).toBe(true);
  });

  test("without the permission: nothing is spent, and the one that is missing is named", async () => {
    const pasted = await signedIn(place);
    here.github.tokens.set(here.pat, { permissions: { secrets: "write", actions: "read" } });
    const asked = here.oidc.tokenRequests().length;
    const ran = await runAt(place);
    expect(ran.main.exitCode).toBe(1);
    expect(said(ran)).toMatch(/GitHub says that it takes: (environments|organization_secrets)=.*\[secret-forbidden\]/);
    expect(here.oidc.tokenRequests()).toHaveLength(asked);
    expect(at(place)).toBe(pasted);
  });

  test("found in another secret it is not spent", async () => {
    await signedIn(place);
    await runAt(place);
    const asked = here.oidc.tokenRequests().length;
    here.github.setSecretByUser("CLAUDE_LOGIN", at(place), { at: Date.now() - HOUR });
    const ran = await here.run({ snapshot: at(place), inputs: { refresh: "always" } });
    expect(said(ran)).toMatch(
      /This login is kept in the (environment|organization) secret CLAUDE_LOGIN of .*\[secret-elsewhere\]/,
    );
    expect(here.oidc.tokenRequests()).toHaveLength(asked);
  });
});

test("an environment's secret that was stored while the run waited is spent, since the job has read it; a repository's is not", async () => {
  const place = "environment/production/CLAUDE_LOGIN";
  await signedIn(place);
  // The next run of this stage: it waited for three hours, and its job began ten minutes ago.
  const waited = {
    createdAt: Date.now() - 3 * HOUR,
    jobs: [{ runnerName: "runner 1", startedAt: Date.now() - HOUR / 6 }],
  };
  const job = { githubEnv: { RUNNER_NAME: "runner 1", GITHUB_RUN_ID: "1" } };
  here.github.createRun({ id: 1, ...waited });
  expect((await runAt(place, { job })).main.outputs).toMatchObject({ rotated: "true" });
  here.github.setSecretByUser("CLAUDE_LOGIN", claudeFileOf(await here.oidc.issue(), Date.now() - HOUR), {
    at: Date.now() - HOUR,
  });
  const ran = await here.run({ job });
  expect(said(ran)).toMatch(/after this run was created.*\[snapshot-stale\]/);
});

test("a secret of the environment that shadows the one in `rotate-to` is recognised before anything is spent", async () => {
  const place = "environment/production/CLAUDE_LOGIN";
  const pasted = await signedIn(place);
  const identity = await startIdentity({ repository: "octo/demo", environment: "production" });
  try {
    here.github.setSecretByUser("CLAUDE_LOGIN", pasted, { at: Date.now() - HOUR });
    const asked = here.oidc.tokenRequests().length;
    const ran = await here.run({ snapshot: pasted, job: { githubEnv: { ...identity.env } }, also: identity.tokens });
    expect(said(ran)).toMatch(
      /but this job reads the secret of that name of the environment production.*\[secret-elsewhere\]/,
    );
    expect(here.oidc.tokenRequests()).toHaveLength(asked);
    expect(ran.main.log).not.toContain(identity.tokens[0]);
  } finally {
    await identity.close();
  }
});

describe("several places", () => {
  const copies = [
    "dependabot/CLAUDE_LOGIN",
    "codespaces/CLAUDE_LOGIN",
    "agents/CLAUDE_LOGIN",
    "organization/octo/SHARED:access",
  ];
  const place = "environment/production/CLAUDE_LOGIN";
  const everywhere = [place, ...copies].join(", ");
  const secretOf = (copy: string) => copy.replace(":access", "");

  async function withCopies(): Promise<void> {
    await signedIn(place);
    for (const copy of copies) here.github.setSecretByUser(secretOf(copy), "to be replaced", { at: Date.now() - HOUR });
  }

  test("the login first, then the access token for the others, without anything that renews it", async () => {
    await withCopies();
    const ran = await runAt(place, { inputs: { "rotate-to": everywhere } });
    expect(ran.main.outputs).toMatchObject({ rotated: "true" });
    const { credential } = envelopeOf(at(place));
    for (const copy of copies) {
      const part = envelopeOf(at(secretOf(copy))).credential;
      expect([part.kind, part.access?.reveal()]).toEqual(["access", credential.access?.reveal()]);
      expect([part.refresh, part.predecessor, part.idToken]).toEqual([undefined, undefined, undefined]);
    }
    const puts = here.github.requests.filter(({ method, path }) => method === "PUT" && !path.includes("PROBE"));
    expect(puts.map(({ path }) => path)[0]).toBe("/repos/octo/demo/environments/production/secrets/CLAUDE_LOGIN");
    expect(puts).toHaveLength(1 + copies.length);
    for (const copy of copies) expect(ran.main.log).toContain(`${secretOf(copy).split("/").at(-1)}`);

    // Where such a copy is the credential, nobody renews: there is nothing to renew with.
    const reader = await here.run({
      snapshot: at("dependabot/CLAUDE_LOGIN"),
      inputs: { "rotate-to": undefined, "secrets-token": undefined },
    });
    expect(reader.main.outputs).toMatchObject({ kind: "access", refreshed: "false", available: "true" });
  });

  test("one of them that cannot be written is told, and the job goes on", async () => {
    await withCopies();
    here.github.tokens.set(here.pat, { permissions: { ...ALL, agent_secrets: "read" } });
    const ran = await runAt(place, { inputs: { "rotate-to": everywhere } });
    expect(ran.main.exitCode).toBe(0);
    expect(said(ran)).toMatch(
      /could not be written into 1 of the 4 places.*agents secret CLAUDE_LOGIN.*agent_secrets=write.*Agent secrets/,
    );
    expect(at("agents/CLAUDE_LOGIN")).toBe("to be replaced");
    expect(at("codespaces/CLAUDE_LOGIN")).toMatch(/^oc1\./);
    expect(await alive(place)).toBe(true);
  });

  test("one that the main step could not write is written by the post step", async () => {
    await withCopies();
    here.github.fault({ method: "PUT", path: /agents/ }, { do: "answer", status: 403 });
    const ran = await runAt(place, { inputs: { "rotate-to": everywhere } });
    expect(said(ran)).toMatch(/could not be written into 1 of the 4 places/);
    expect(envelopeOf(at("agents/CLAUDE_LOGIN")).credential.access?.reveal()).toBe(
      envelopeOf(at(place)).credential.access?.reveal(),
    );
    expect(ran.post.annotations).toEqual([]);
  });

  test("what the job's program renewed is copied, too, once it is stored", async () => {
    await withCopies();
    here.github.fault({ method: "PUT", path: /environments.*\/CLAUDE_LOGIN$/ }, { do: "answer", status: 403 });
    await runAt(place, { inputs: { "rotate-to": everywhere } });
    const { credential } = envelopeOf(at(place));
    for (const copy of copies) {
      expect(envelopeOf(at(secretOf(copy))).credential.access?.reveal()).toBe(credential.access?.reveal());
    }
  });

  test("a job without anything to renew writes none of them", async () => {
    await withCopies();
    await runAt(place, { inputs: { "rotate-to": everywhere } });
    const asked = here.github.requests.length;
    await runAt(place, { inputs: { "rotate-to": everywhere } });
    expect(here.github.requests).toHaveLength(asked);
  });
});

test("on Gitea a login that is renewed belongs into a ledger", async () => {
  await signedIn("CLAUDE_LOGIN");
  const ran = await here.run({ job: { githubEnv: { GITEA_ACTIONS: "true" } } });
  expect(ran.main.exitCode).toBe(1);
  expect(said(ran)).toMatch(
    /Gitea and Forgejo do not tell when a secret was written.*`ledger: git-push`.*`NAME:access`.*\[input-invalid\]/,
  );
});
