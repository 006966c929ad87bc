/** A job may hold a copy of the login that is not the stored one any more. It is never spent. */
import { afterEach, expect, test } from "vitest";
import { claudeFileOf, SECRET, type Stage, stage } from "./stage.ts";

let here: Stage;
afterEach(() => here.close());
const HOUR = 3_600_000;

/** A login that was renewed ten minutes ago; gives the copy from before that. */
async function renewed(): Promise<string> {
  here = await stage();
  await here.signIn();
  const pasted = here.secret();
  await here.run();
  return pasted;
}

async function neverSpent(
  run: Promise<{ main: { exitCode: number | null; annotations: readonly { message: string }[] } }>,
  message: RegExp,
) {
  const asked = here.oidc.tokenRequests().length;
  const { main } = await run;
  expect(main.exitCode).toBe(1);
  expect(main.annotations.at(-1)?.message).toMatch(message);
  expect(here.oidc.tokenRequests(), "refreshes").toHaveLength(asked);
  expect(await here.loginIsAlive()).toBe(true);
}

test("a re-run with the pasted login that its first attempt renewed", async () => {
  here = await stage();
  await here.signIn();
  const pasted = here.secret();
  await here.run();
  await neverSpent(here.run({ snapshot: pasted, attempt: 2 }), /start a new run.*\[snapshot-stale\]/i);
});

test("a re-run with an envelope that was renewed since", async () => {
  await renewed();
  const envelope = here.secret();
  await here.run({ inputs: { refresh: "always" } });
  // The envelope is judged by GitHub's clock in whole seconds, with ten seconds of grace.
  here.github.setSecretByUser(SECRET, here.secret(), { at: here.now() + 15_000 });
  const asked = here.oidc.tokenRequests().length;
  const { main } = await here.run({ snapshot: envelope, attempt: 2, inputs: { refresh: "always" } });
  expect(main.annotations.at(-1)?.message).toMatch(/This job holds an old copy.*\[snapshot-stale\]/);
  expect(here.oidc.tokenRequests()).toHaveLength(asked);
});

test("a `credential` that reads another secret than `rotate-to` writes", async () => {
  const pasted = await renewed();
  await neverSpent(here.run({ snapshot: pasted }), /reads another secret than `rotate-to` writes.*\[snapshot-stale\]/);
});

test("the same, again and again: being refused does not make it any better", async () => {
  const pasted = await renewed();
  for (let attempt = 0; attempt < 3; attempt++) {
    const asked = here.oidc.tokenRequests().length;
    const { main } = await here.run({ snapshot: pasted });
    expect(main.annotations.at(-1)?.message).toMatch(/\[snapshot-stale\]/);
    expect(here.oidc.tokenRequests(), "refreshes").toHaveLength(asked);
  }
  expect(await here.loginIsAlive()).toBe(true);
});

test("a copy that was pasted after the run was created", async () => {
  here = await stage();
  const login = await here.signIn();
  const pasted = here.secret();
  here.github.setSecretByUser(SECRET, claudeFileOf(await here.oidc.issue(), Date.now() - HOUR), {
    at: here.now() + 60_000,
  });
  const { main } = await here.run({ snapshot: pasted });
  expect(main.annotations.at(-1)?.message).toMatch(/after this run was created.*\[snapshot-stale\]/);
  expect(await here.oidc.isRefreshTokenAlive(login.refreshToken)).toBe(true);
});

test("a re-run whose copy cannot be judged, since the token may not read runs", async () => {
  here = await stage({ permissions: { secrets: "write" } });
  const login = await here.signIn();
  const first = await here.run({ inputs: { credential: undefined, "if-no-credential": "skip" } });
  expect(first.main.outputs["available"]).toBe("false");
  const { main } = await here.run({ attempt: 2 });
  expect(main.annotations.at(-1)?.message).toMatch(/cannot be told whether its copy.*\[snapshot-stale\]/);
  expect(await here.oidc.isRefreshTokenAlive(login.refreshToken)).toBe(true);
});

test("an envelope that was copied into another secret", async () => {
  await renewed();
  here.github.setSecretByUser("COPY", here.secret(), { at: Date.now() - HOUR });
  const asked = here.oidc.tokenRequests().length;
  const { main } = await here.run({ inputs: { "rotate-to": "COPY", refresh: "always" } });
  expect(main.annotations.at(-1)?.message).toMatch(
    /is kept in the repository secret CLAUDE_LOGIN of octo\/demo.*\[secret-elsewhere\]/,
  );
  expect(here.oidc.tokenRequests()).toHaveLength(asked);
});

test("a name in `rotate-to` that does not exist is a typo, unless `create-secrets` says otherwise", async () => {
  here = await stage();
  const login = await here.signIn();
  const typo = await here.run({ inputs: { "rotate-to": "CLAUDE_LOGON" } });
  expect(typo.main.annotations.at(-1)?.message).toMatch(
    /There is no repository secret CLAUDE_LOGON yet.*\[secret-not-found\]/,
  );
  expect(await here.oidc.isRefreshTokenAlive(login.refreshToken)).toBe(true);
  const wanted = await here.run({ inputs: { "rotate-to": "CLAUDE_LOGON", "create-secrets": "true" } });
  expect(wanted.main.outputs["rotated"]).toBe("true");
  expect(here.github.secret("CLAUDE_LOGON")).toMatch(/^oc1\./);
});

test("a renamed repository keeps its login: the id counts, not the name", async () => {
  await renewed();
  const envelope = JSON.parse(Buffer.from(here.secret().slice(4), "base64url").toString()) as {
    stored: { savedAt: string; location: { repository: string } };
  };
  envelope.stored.location.repository = "octo/old-name";
  here.github.setSecretByUser(SECRET, `oc1.${Buffer.from(JSON.stringify(envelope)).toString("base64url")}`, {
    at: Date.parse(envelope.stored.savedAt),
  });
  const { main } = await here.run({ inputs: { refresh: "always" } });
  expect(main.outputs["rotated"]).toBe("true");
});

test("nowhere to store: refused before anything is spent, unless the loss is allowed", async () => {
  here = await stage();
  const login = await here.signIn();
  const alone = { "rotate-to": undefined, "secrets-token": undefined };
  const refused = await here.run({ inputs: alone });
  expect(refused.main.annotations.at(-1)?.message).toMatch(/nowhere to keep the new one.*\[nowhere-to-store\]/);
  expect(await here.oidc.isRefreshTokenAlive(login.refreshToken)).toBe(true);
  const allowed = await here.run({ inputs: { ...alone, "allow-unstored-refresh": "true" } });
  expect(allowed.main.outputs).toMatchObject({ refreshed: "true", rotated: "false" });
});
