import { randomBytes } from "node:crypto";
import { afterEach, expect, test } from "vitest";
import { type Stage, stage } from "./stage.ts";

let here: Stage;
afterEach(() => here.close());
const token = `sk-ant-oat01-${randomBytes(60).toString("base64url")}`;
const alone = { credential: token, "rotate-to": undefined, "secrets-token": undefined, "token-url": undefined };

test("a setup token is written for Claude Code, with no network, and removed at the end", async () => {
  here = await stage();
  const run = await here.run({ inputs: alone, also: [token], picture: "setup-token" });
  expect(run.during?.json["claudeAiOauth"]).toMatchObject({
    accessToken: token,
    refreshToken: null,
    expiresAt: null,
    scopes: ["user:inference"],
  });
});

test("its end, told by `credential-expires`, is an output and warned of", async () => {
  here = await stage();
  const soon = new Date(Date.now() + 5 * 86_400_000).toISOString().slice(0, 10);
  const { main } = await here.run({ inputs: { ...alone, "credential-expires": soon }, also: [token] });
  expect(main.outputs["expires-at"]).toBe(`${soon}T00:00:00Z`);
  expect(main.annotations).toMatchObject([
    { level: "warning", message: expect.stringMatching(/This setup token ends at .* \(in 4 days\)/) },
  ]);
});

test("one that has ended is refused with what to do", async () => {
  here = await stage();
  const { main, during } = await here.run({ inputs: { ...alone, "credential-expires": "2026-01-01" }, also: [token] });
  expect(main.exitCode).toBe(1);
  expect(main.annotations[0]?.message).toMatch(/ended at 2026-01-01.*claude setup-token.*\[credential-ended\]/);
  expect(during).toBeUndefined();
});

test.each([
  ["env", { CLAUDE_CODE_OAUTH_TOKEN: token }],
  ["env:MY_TOKEN", { MY_TOKEN: token }],
])("target %s hands it to later steps as a variable", async (targets, env) => {
  here = await stage();
  const { main, during } = await here.run({ inputs: { ...alone, targets }, also: [token] });
  expect(main.env).toEqual(env);
  expect(during).toBeUndefined();
  expect(main.masks).toContain(token);
});

test("target output hands it to the step that asks", async () => {
  here = await stage();
  const { main } = await here.run({ inputs: { ...alone, targets: "output" }, also: [token] });
  expect(main.outputs["access-token"]).toBe(token);
});
