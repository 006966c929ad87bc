import { expect, test, vi } from "vitest";
import { readInputs } from "../../../src/inputs.ts";
import { anthropic } from "../../../src/providers/anthropic.ts";
import { refreshLogin } from "../../../src/refresh/refresh.ts";
import { HttpFailure } from "../../../src/world/world.ts";
import { answer, fakeWorld, inputEnv, newLogin, tempFolder } from "./support.ts";

test.each([
  ["no answer after it was sent", true, 2, "answer-unclear"],
  ["no connection", false, 0, "provider-unreachable"],
])("who keeps the login is told of each attempt without a clear answer: %s", async (_, sent, times, code) => {
  const http = async () => Promise.reject(new HttpFailure(sent, "ECONNRESET"));
  const env = { RUNNER_TEMP: tempFolder(), ...inputEnv({ credential: "x", provider: "anthropic" }) };
  const world = fakeWorld({ env, http });
  const unclear = vi.fn<() => void>();
  const store = async () => Promise.reject(new Error("nothing was renewed"));
  const login = newLogin();
  await expect(refreshLogin(world, readInputs(env), anthropic, login, { unclear, store })).rejects.toMatchObject({
    code,
  });
  expect(unclear).toHaveBeenCalledTimes(times);
});

test("an answer that says no is a clear one", async () => {
  const http = async () => answer(400, { error: "invalid_grant" });
  const env = { RUNNER_TEMP: tempFolder(), ...inputEnv({ credential: "x", provider: "anthropic" }) };
  const unclear = vi.fn<() => void>();
  const store = async () => Promise.reject(new Error("nothing was renewed"));
  const world = fakeWorld({ env, http });
  await expect(refreshLogin(world, readInputs(env), anthropic, newLogin(), { unclear, store })).rejects.toMatchObject({
    code: "login-refused",
  });
  expect(unclear).not.toHaveBeenCalled();
});
