import type { LoginPlan, PersonPlan } from "../plan/plan.ts";
import { refOf } from "./ledger.ts";
import { type Opening, ownerOf, secretPath, type SignIn, textOf } from "./opening.ts";
import type { Reader } from "./reading.ts";
import type { Stage } from "./stage.ts";
import type { Version } from "./effects.ts";

/** What a person does, now. */
export function act(stage: Stage, reader: Reader, opening: Opening, { login: index, does, form }: PersonPlan): void {
  const { plan, provider, github, log, scheduler } = stage;
  const login = plan.logins[index] as LoginPlan;
  const owner = ownerOf(plan, index);
  const path = secretPath(login);
  const say = (text: string) => void log.add("a person", "person", text);
  const write = (what: string, value: (() => string) | undefined): Version => {
    say(`${what} ${path}`);
    return github.write(path, value, { by: "a person" });
  };
  const ledger = (plan.logins[owner] as LoginPlan).ledger;
  const records = ledger && github.git.refs.get(refOf(ledger, github.git));
  switch (does) {
    case "signs-in": {
      const issued = provider.signIn(owner);
      const signIn: SignIn = { login: owner, family: issued.refresh.family.id, pasted: undefined };
      opening.signIns.push(signIn);
      say(`signs in: family ${signIn.family}`);
      const text = textOf({ ...login, form }, issued, scheduler.now);
      const paste = () => (signIn.pasted = write(`pastes the login of family ${signIn.family} into`, () => text));
      scheduler.later(3_000, paste);
      break;
    }
    case "pastes-old": {
      const text = opening.backups[index] as string;
      write("pastes an old backup into", () => text);
      break;
    }
    case "deletes-secret":
      write("deletes", undefined);
      break;
    case "revokes":
      say(`ends all logins of account ${owner}`);
      for (const family of provider.families) if (family.login === owner) provider.revoke(family);
      break;
    case "shares": {
      const token = reader.tokenIn(github.present(path));
      say("uses the stored login on a laptop");
      if (token && provider.isAlive(token)) provider.renewOutside(token);
      break;
    }
    case "deletes-record":
      if (!ledger || !records) break;
      say("deletes the record");
      github.git.force(refOf(ledger, github.git), undefined, "an adversary");
      break;
    case "rolls-back-record": {
      const old = records?.slice(0, -1).findLast(({ text }) => text !== undefined);
      if (!ledger || !old) break;
      say(`puts version ${old.index} of the record back`);
      github.git.force(refOf(ledger, github.git), old.text, "an adversary");
      break;
    }
    case "swaps-records": {
      const other = plan.logins.find((one) => one.ledger && one.ledger.account !== ledger?.account)?.ledger;
      const text = other && github.git.present(refOf(other, github.git))?.text;
      if (!ledger || text === undefined) break;
      say("puts the record of another account in its place");
      github.git.force(refOf(ledger, github.git), text, "an adversary");
      break;
    }
    case "alters-record": {
      const present = records?.at(-1)?.text;
      if (!ledger || present === undefined) break;
      say("takes the lease out of the record, and says that it lives on");
      github.git.force(refOf(ledger, github.git), altered(present), "an adversary");
    }
  }
}

/** What stands in clear is easily changed; only the signature tells. */
const altered = (text: string): string =>
  text
    .replace(/"lease":\{[^}]*\},/, "")
    .replace(/"dead":\{[^}]*\},/, "")
    .replace(/"accessExpiresAt":"\d+/, '"accessExpiresAt":"2099');
