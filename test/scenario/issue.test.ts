/** `report: issue`: one issue says when the login ends, from `warn-before` on, and is closed after a new sign-in. */
import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makeRootKey } from "../../src/ledger/keys.ts";
import { CLIENT_ID } from "../support/oauth/anthropic-facts.ts";
import type { SignIn } from "../support/oauth/oidc.ts";
import { claudeFileOf, type Stage, stage } from "./stage.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const BOT = "github-actions[bot]";

let here: Stage;
let token: string;
beforeEach(async () => {
  // A login that ends in five days, whatever is renewed.
  here = await stage({ refreshTokenExpiresIn: (5 * DAY) / 1000 });
  token = `ghs_${randomBytes(18).toString("hex")}`;
  may({ issues: "write" });
});
afterEach(() => here.close());

/** What the workflow gives GITHUB_TOKEN by `permissions:`. */
const may = (permissions: { issues?: "read" | "write"; contents?: "write" }) =>
  here.github.tokens.set(token, { kind: "github-token", permissions });

/** A scheduled run of the workflow that renews; with its calls about issues. */
async function rotator(inputs: Record<string, string | undefined> = {}) {
  const before = here.github.requests.length;
  const ran = await here.run({
    inputs: { report: "issue", "github-token": token, targets: "none", ...inputs },
    job: { githubEnv: { GITHUB_EVENT_NAME: "schedule", GITHUB_SERVER_URL: "https://github.com" } },
    also: [token],
  });
  const calls = here.github.requests
    .slice(before)
    .filter(({ path }) => path.includes("/issues"))
    .map(({ method, path, query }) =>
      [method, path.replace(/^.*?\/issues/, ""), query["state"]].filter(Boolean).join(" "),
    );
  return { ...ran, calls };
}

const rows = () =>
  here.github.issues.rows.map(({ number, state, stateReason, by, comments }) => ({
    number,
    state,
    stateReason,
    by,
    comments: comments.map(({ body }) => body),
  }));
const issue = () => here.github.issues.rows[0];
const opened = { number: 1, state: "open", stateReason: null, by: BOT, comments: [] };
const levels = ({ annotations }: { annotations: readonly { level: string }[] }) =>
  annotations.map(({ level }) => level).filter((level) => level !== "notice");

/** Somebody signs out, or the provider ends the login. */
const end = ({ refreshToken }: SignIn) =>
  fetch(`${here.oidc.tokenUrl}/revoke`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token: refreshToken, token_type_hint: "refresh_token", client_id: CLIENT_ID }),
  });

/** A login that lasts: its access token is good, so the run has no need to renew it. */
async function signInForLong(): Promise<void> {
  const login = await here.oidc.issue();
  here.paste(claudeFileOf(login, Date.now() + 8 * HOUR), [login.accessToken, login.refreshToken]);
}

describe("a login in a secret", () => {
  test("its end is told in one issue, which is changed when there is something new, and closed after a new sign-in", async () => {
    await here.signIn();
    const first = await rotator();
    expect(first.main.outputs).toMatchObject({ source: "refreshed", rotated: "true" });
    expect(first.calls).toEqual(["GET open", "GET closed", "POST", "GET open"]);
    expect(rows()).toEqual([opened]);
    const day = first.main.outputs["login-expires-at"]?.slice(0, 10);
    expect(issue()?.title).toBe(`Sign in again for CI: the Claude login ends on ${day}`);
    expect(issue()?.body).toMatch(/the repository secret CLAUDE.LOGIN/);
    expect(issue()?.body).toMatch(/https:\/\/github\.com\/octo\/demo\/actions\/runs\/\d+/);

    // Nothing new: a person's words stay. The end that the provider tells is a second later now and then.
    Object.assign(issue() ?? {}, { body: `${issue()?.body}\nI do it on Monday.` });
    const second = await rotator({ refresh: "always" });
    expect(second.main.outputs).toMatchObject({ source: "refreshed", generation: "2" });
    expect(second.calls).toEqual(["GET open"]);
    expect(rows()).toEqual([opened]);
    expect(issue()?.body).toContain("I do it on Monday.");

    const stored = JSON.parse(Buffer.from(here.secret().slice(4), "base64url").toString()) as { refresh: string };
    await end({ accessToken: "", refreshToken: stored.refresh, scope: "" });
    const third = await rotator({ refresh: "always" });
    expect(third.main.annotations.at(-1)?.message).toMatch(/\[login-refused\]/);
    expect(third.calls).toEqual(["GET open", "PATCH /1"]);
    expect(rows()).toEqual([opened]);
    expect(issue()?.title).toBe("Sign in again for CI: the Claude login has ended");

    // Nobody has signed in, and the access token lives on: it still has ended.
    const used = await rotator();
    expect(used.main.outputs["source"]).toBe("secret");
    expect(used.calls).toEqual(["GET open"]);
    expect(issue()?.title).toBe("Sign in again for CI: the Claude login has ended");

    await signInForLong();
    const last = await rotator();
    expect(last.main.outputs["source"]).toBe("secret");
    expect(last.calls).toEqual(["GET open", "PATCH /1", "POST /1/comments"]);
    const comments = [expect.stringMatching(/^A new sign-in is in use; it ends at /)];
    expect(rows()).toEqual([{ ...opened, state: "closed", stateReason: "completed", comments }]);
    expect((await rotator()).calls).toEqual(["GET open"]);
    expect(rows()).toHaveLength(1);
  });

  test("while it has long to live there is none; without `report` nothing is asked", async () => {
    await signInForLong();
    expect((await rotator()).calls).toEqual(["GET open"]);
    await here.signIn();
    expect((await rotator({ report: undefined })).calls).toEqual([]);
    expect(rows()).toEqual([]);
  });

  test("an issue of somebody else with the same words is not taken for ours", async () => {
    await here.signIn();
    await rotator();
    const [ours] = here.github.issues.rows;
    here.github.issues.rows.length = 0;
    here.github.issues.add("mallory", String(ours?.title), String(ours?.body));
    expect((await rotator({ refresh: "always" })).main.exitCode).toBe(0);
    expect(rows()).toMatchObject([
      { number: 1, by: "mallory", state: "open" },
      { number: 2, by: BOT, state: "open" },
    ]);
  });

  test.each([
    ["permissions: issues: read", { issues: "read" }],
    ["no permission for issues", {}],
  ] as const)("%s: a warning names the permission, and the job goes on", async (_, permissions) => {
    may(permissions);
    await here.signIn();
    const { main, post } = await rotator();
    expect([main.exitCode, post.exitCode]).toEqual([0, 0]);
    expect(main.outputs).toMatchObject({ available: "true", source: "refreshed", rotated: "true" });
    expect(main.annotations.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/`report: issue` could not say .* `issues: write` to the `permissions:` of this job/),
    );
    expect(levels(main)).toEqual(["warning", "warning"]); // the other one is of the end itself
    expect(rows()).toEqual([]);
    expect(await here.loginIsAlive()).toBe(true);
  });

  test("a repository without issues, and a GitHub that does not answer: the same", async () => {
    await here.signIn();
    here.github.issues.enabled = false;
    const disabled = await rotator();
    expect(disabled.main.annotations.at(-1)?.message).toMatch(/this repository has no issues/);
    here.github.issues.enabled = true;
    here.github.fault({ method: "POST", path: /\/issues$/, times: 9 }, { do: "answer", status: 502, body: {} });
    const down = await rotator();
    expect(down.main.annotations.at(-1)?.message).toMatch(/GitHub did not take it. The next run tries again/);
    expect([disabled.main.exitCode, down.main.exitCode]).toEqual([0, 0]);
  });
});

test("a new login that ends as soon as the one before it is known by its first renewal", async () => {
  await end(await here.signIn());
  expect((await rotator()).main.exitCode).toBe(1);
  expect(issue()?.title).toBe("Sign in again for CI: the Claude login has ended");
  await here.signIn();
  const renewed = await rotator();
  expect(renewed.main.outputs["source"]).toBe("refreshed");
  expect(renewed.calls).toEqual(["GET open", "PATCH /1"]);
  expect(issue()?.title).toMatch(/the Claude login ends on /);
});

describe("a login in a ledger", () => {
  const inLedger = () => ({ "ledger-key": root, "rotate-to": undefined, "secrets-token": undefined });
  let root: string;
  beforeEach(() => {
    root = makeRootKey(randomBytes);
    may({ issues: "write", contents: "write" });
  });

  test("the workflow that renews tells its end, also where it has no `credential`", async () => {
    const login = await here.signIn();
    await rotator(inLedger());
    expect(rows()).toEqual([opened]);
    expect(issue()?.body).toMatch(/\*\*Kept in:\*\* the ref refs.oauth.creds.v1.anthropic.default of octo.demo/);
    const alone = { ...inLedger(), credential: undefined, provider: "anthropic" };
    expect((await rotator(alone)).calls).toEqual(["GET open"]);
    await end(login); // what is left of it, with all that came of it
    const over = await rotator({ ...alone, refresh: "always" });
    expect(over.main.exitCode).toBe(1);
    expect(over.calls).toEqual(["GET open", "PATCH /1"]);
    expect(issue()?.title).toBe("Sign in again for CI: the Claude login has ended");
    expect(rows()).toEqual([opened]);
  });
});
