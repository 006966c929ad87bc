/** With the ledger in a repository that takes pushes: git's own repository of a run goes with it. */
import { randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { EMPTY } from "../../src/credential/credential.ts";
import { type Keyring, makeRootKey, parseKeys, type RootKey } from "../../src/ledger/keys.ts";
import { sealCopy } from "../../src/recovery/copy.ts";
import { Secret } from "../../src/secret.ts";
import { claudeFileOf } from "../scenario/login-file.ts";
import { git } from "../support/ledger/git-server.ts";
import { startOidc } from "../support/oauth/oidc.ts";
import { asVariables, machine } from "./machine.ts";

/** A machine with the key, and a ledger whose record holds a login. */
async function stage() {
  const oidc = await startOidc();
  onTestFinished(() => oidc.close());
  const address = join(machine().home, "ledger.git");
  git(dirname(address), ["init", "--quiet", "--bare", "ledger.git"]);
  const key = makeRootKey(randomBytes);
  const ledger = { ledger: "git-push", "ledger-repository": address };
  const here = machine(
    asVariables({ "ledger-key": key, provider: "anthropic", "token-url": oidc.tokenUrl, ...ledger }),
  );
  const login = await oidc.issue();
  here.tokens.add(key).add(login.accessToken).add(login.refreshToken);
  const env = asVariables({ credential: claudeFileOf(login, Date.now() - 3_600_000) });
  expect(await here.run(["refresh"], { env })).toMatchObject({ code: 0 });
  return { here, key, address, left: () => readdirSync(dirname(here.home)).toSorted() };
}

test.each(["status", "doctor", "revoke", "recover"])("%s leaves nothing in the folder for such", async (verb) => {
  const { here, key, address, left } = await stage();
  const before = left();
  expect(before).toEqual(["home", "state"]);
  const root = (parseKeys(key) as Keyring).root[0] as RootKey;
  const place = `${address} refs/oauth-creds/v1/anthropic/default`;
  const site = { provider: "anthropic" as const, account: "default", place, label: "the ledger" };
  const [next, spent] = [1, 2].map(() => new Secret(randomBytes(30).toString("hex"))) as [Secret, Secret];
  const sealing = { from: "ledger" as const, key: root.key };
  const copy = sealCopy({ ...EMPTY, kind: "login", refresh: next }, spent, sealing, site, Date.now(), randomBytes);
  const input = verb === "recover" ? copy : "";
  const ended = await here.run([verb, ...(verb === "revoke" ? ["--yes"] : [])], { input });
  // It has looked at the record.
  const seen = { status: /generation 1/, doctor: /generation 1/, revoke: /the ref refs\//, recover: /generation 1/ }[
    verb
  ];
  expect(ended.stdout + ended.stderr).toMatch(seen as RegExp);
  expect(left()).toEqual(before);
});
