/** `status` and `doctor` on a login that this machine has renewed and could not store: what is stored of it is spent. */
import { randomBytes } from "node:crypto";
import { dirname } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { claudeFileOf } from "../scenario/login-file.ts";
import { startGitHub } from "../support/github/server.ts";
import { type Clinic, clinic, coversItsClasses, server } from "./doctor-clinic.ts";
import { asVariables, machine } from "./machine.ts";
import { command } from "./status-command.ts";

const SAVED = "after:fsync:oauth-creds-login-*";

/** A machine whose login is kept in a secret; `status` and `doctor` see what runs have left there. */
async function stage() {
  const oidc = await server();
  const login = await oidc.issue();
  const pat = `github_pat_${randomBytes(20).toString("hex")}`;
  const github = await startGitHub({ tokens: { [pat]: { permissions: { secrets: "write", actions: "read" } } } });
  onTestFinished(() => github.close());
  const credential = claudeFileOf(login, Date.now() + 600_000);
  github.setSecretByUser("CLAUDE_LOGIN", credential);
  const inputs = { credential, "rotate-to": "CLAUDE_LOGIN", "secrets-token": pat, "token-url": oidc.tokenUrl };
  const env = { GITHUB_API_URL: github.apiUrl, GITHUB_REPOSITORY: "octo/demo", GITHUB_REPOSITORY_ID: "1296269" };
  const here = machine({ ...asVariables(inputs), ...env });
  const at = await clinic();
  for (const token of [login.accessToken, login.refreshToken, pat]) {
    here.tokens.add(token);
    at.machine.tokens.push(token);
  }
  const options = { inputs: { ...inputs, validate: "none" }, env: { ...env, XDG_STATE_HOME: stateOf(here.state) } };
  return { here, at, github, options };
}

const stateOf = (runs: string): string => dirname(dirname(runs));
type Options = Awaited<ReturnType<typeof stage>>["options"];

async function status(at: Clinic, options: Options) {
  const { json } = await command(at.machine, ["status"], options);
  const { stdout } = await command(at.machine, ["status"], { ...options, forPeople: true });
  return { kept: json["unstored"] as readonly Record<string, unknown>[], stdout };
}

test.each(["killed with the answer in its hands", "the secret was not written"])(
  "%s: both say so, until `clean` has stored it",
  async (how) => {
    const { here, at, github, options } = await stage();
    expect((await status(at, options)).kept).toEqual([]);
    if (how.startsWith("killed")) {
      expect(await here.run(["refresh"], { killAt: SAVED })).toMatchObject({ signal: "SIGKILL" });
    } else {
      github.fault({ method: "PUT", path: /CLAUDE_LOGIN$/, skip: 1, times: 2 }, { do: "answer", status: 403 });
      expect(await here.run(["refresh"])).toMatchObject({ code: 5 });
    }
    const { kept, stdout } = await status(at, options);
    expect(kept).toMatchObject([{ opens: true, account: null, renewedAfter: expect.stringMatching(/^\d{4}-/) }]);
    expect(String(kept[0]?.["folder"]).startsWith(here.state)).toBe(true);
    expect(stdout).toContain("not stored yet");
    expect(stdout).toContain("`oauth-creds clean`");
    const found = await at.doctor(options);
    expect(found.fails).toContain("could-not-store");
    expect(found).toMatchObject({ exitCode: 5, json: { first: "could-not-store" } });
    expect(found.said("could-not-store")).toContain("`oauth-creds clean`");
    // Of another login’s run nothing is said where this machine is not what is asked about.
    const credential = options.inputs.credential.replace("max", "pro");
    const elsewhere = { ...options, inputs: { ...options.inputs, credential } };
    expect((await at.doctor({ ...elsewhere, args: ["--no-programs"] })).said("could-not-store")).toBe("");
    expect((await at.doctor({ ...options, args: ["--no-programs"] })).said("could-not-store")).not.toBe("");

    expect(await here.run(["clean"])).toMatchObject({ code: 0 });
    expect((await status(at, options)).kept).toEqual([]);
    expect((await at.doctor(options)).said("could-not-store")).toBe("");
  },
);

coversItsClasses(import.meta.filename);
