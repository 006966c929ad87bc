import { EMPTY } from "../../../src/credential/credential.ts";
import { sealEnvelope } from "../../../src/credential/envelope.ts";
import { Secret } from "../../../src/secret.ts";
import type { LoginPlan, Plan } from "../plan/plan.ts";
import { idOf } from "../servers/git-names.ts";
import { SCOPES } from "../servers/provider.ts";
import { boxKeys } from "../servers/sealed-box.ts";
import type { Issued, Version } from "./effects.ts";
import { madeEarlier, refOf } from "./ledger.ts";
import { type Stage, START } from "./stage.ts";

export interface SignIn {
  readonly login: number;
  readonly family: number;
  /** The version that it was pasted as, undefined if that never happened. */
  pasted: Version | undefined;
}

/** How things stand when the schedule begins. */
export interface Opening {
  readonly signIns: SignIn[];
  /** By login: what a person could still have lying about. */
  readonly backups: string[];
}

export const secretPath = ({ repository, secret }: LoginPlan): string => `${repository}/${secret}`;

/** The login itself, where this one is a copy. */
export const ownerOf = ({ logins }: Plan, login: number): number => logins[login]?.ledger?.copyOf ?? login;

/** Stores what persons and earlier runs have stored. */
export function open({ plan, provider, github }: Stage): Opening {
  const signIns: SignIn[] = [];
  const backups: string[] = [];
  const issuedTo: Issued[] = [];
  for (const [index, login] of plan.logins.entries()) {
    const { ledger, form, accessLeftMs } = login;
    const at = START - login.writtenMs;
    const write = (text: string): Version => github.write(secretPath(login), () => text, { by: "a person" }, at);
    if (ledger?.copyOf !== undefined) {
      const text = backups[ledger.copyOf] as string;
      write(text);
      backups.push(text);
      continue;
    }
    const first = provider.signIn(index, accessLeftMs);
    const begun = ledger?.begun === true;
    // What an earlier run has written is not what the person once had.
    const issued = form === "envelope" || begun ? provider.renewOutside(first.refresh, accessLeftMs) : first;
    issuedTo[index] = issued;
    backups.push(textOf({ ...login, form: form === "refresh-token" ? form : "file" }, first, at));
    const earlier = ledger && begun ? madeEarlier({ ...login, ledger }, issued, first.refresh, at) : undefined;
    if (ledger && earlier) github.git.force(refOf(ledger, github.git), earlier.record, "an earlier run", at);
    const asEnvelope = earlier?.envelope ?? textOf(login, issued, at);
    const text = form === "absent" ? undefined : form === "envelope" ? asEnvelope : (backups[index] as string);
    const pasted = text === undefined ? undefined : write(text);
    signIns.push({ login: index, family: issued.refresh.family.id, pasted });
  }
  return { signIns, backups };
}

/** What stands in a secret: as a person pastes it, or as an earlier run has written it at that moment (ms). */
export function textOf({ form, repository, secret }: LoginPlan, { access, refresh }: Issued, at: number): string {
  if (form === "refresh-token") return refresh.text;
  if (form !== "envelope") {
    const oauth = {
      accessToken: access.text,
      refreshToken: refresh.text,
      expiresAt: Math.floor(access.endsAt),
      scopes: SCOPES.split(" "),
      subscriptionType: "max",
    };
    return JSON.stringify({ claudeAiOauth: oauth });
  }
  const credential = {
    ...EMPTY,
    kind: "login" as const,
    access: new Secret(access.text),
    accessExpiresAt: Math.floor(access.endsAt / 1000) * 1000,
    refresh: new Secret(refresh.text),
    scopes: SCOPES.split(" "),
    generation: 3,
  };
  const location = { kind: "repository" as const, name: secret, repository, repositoryId: String(idOf(repository)) };
  const probe = { encrypted_value: "AAAA", key_id: boxKeys()[0].id };
  return sealEnvelope(credential, { savedAt: Math.floor(at / 1000) * 1000, location, probe });
}
