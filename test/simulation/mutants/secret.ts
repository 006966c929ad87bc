import { type Mutant, mutantIn } from "./mutant.ts";

const secret = mutantIn("secret");

/** Faults in how one job renews and stores a login. */
export const SECRET_MUTANTS: readonly Mutant[] = [
  secret(
    "the write permission is not proved before the refresh",
    "spent without a proved place",
    "src/rotation/pasted.ts",
    "await ask(() => store.probe(undefined))",
    '{ encrypted_value: "", key_id: "" }',
  ),
  secret(
    "a stale copy is spent",
    "stale copy spent",
    "src/rotation/pasted.ts",
    "if (stale) throw (await problems()).sayStale(stale);",
    "",
  ),
  secret(
    "the secret is written without looking whether somebody else wrote it",
    "a sign-in was overwritten",
    "src/rotation/rotate.ts",
    "if ((updatedAt ?? 0) > newestOfOurs) {",
    "if (false as boolean) {",
  ),
  secret(
    "the renewed login is not put on the disk before it is stored",
    "order",
    "src/refresh/refresh.ts",
    "orWarn(() => capsule?.save(sealEnvelope(next, undefined)));",
    "",
  ),
  secret(
    "the new tokens are masked after the capsule was written",
    "order",
    "src/refresh/refresh.ts",
    "maskSecrets(runner, [tokens.access, tokens.refresh, tokens.idToken]);",
    "",
  ),
  secret(
    "an unclear answer is followed by attempts without end",
    "unclear answers retried blindly",
    "src/refresh/send.ts",
    'if (outcome.type === "ambiguous" && unclear++ === 0)',
    'if (outcome.type === "ambiguous" && unclear++ < 3)',
  ),
  secret(
    "a request that was refused is sent again",
    "spent token sent again",
    "src/refresh/send.ts",
    "let pause: number | undefined;",
    'let pause: number | undefined = outcome.type === "refused" && throttled++ === 0 ? 1000 : undefined;',
  ),
  secret(
    "being turned away is called a dead login",
    "untrue",
    "src/providers/answer.ts",
    'if (status === 429) return { type: "throttled", status, retryAfterMs: retryAfter(answer, receivedAt) };',
    'if (status === 429) return { type: "refused", why: "spent-or-revoked" };',
  ),
  secret(
    "a token is sent although the job was told to stop",
    "sent after a signal",
    "src/refresh/send.ts",
    "const wanted = () => hold.signalledAt() === undefined;",
    "const wanted = () => true;",
  ),
  secret(
    "post leaves a login that main could not store",
    "lost for no named reason",
    "src/post/settle.ts",
    'const latest = captured ?? (env["STATE_stored"] === undefined ? renewed : undefined);',
    "const latest = captured;",
  ),
  secret(
    "what the job's program renewed is not taken over",
    "lost for no named reason",
    "src/post/settle.ts",
    "inputs.writeRefreshToken && handedOut ? await capturedFrom(world, inputs, files, handedOut) : undefined;",
    "undefined as Credential | undefined;\n  void capturedFrom;",
  ),
];
