import { PLACES } from "./places.ts";

/** A fault put into the product on purpose. It must make the named tests fail: a test of the tests. */
export interface Mutant {
  /** What would be wrong, as a sentence about the product. */
  readonly says: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  /** The file that must fail (of test/scenario, test/cache or test/unit), and the tests of it that are run. */
  readonly by: string;
  readonly tests: string;
}

const tokenEndpoint = "test/scenario/token-endpoint.test.ts";
const lostAnswer = "test/scenario/lost-answer.test.ts";
const storing = "test/scenario/storing.test.ts";
const killed = "test/scenario/killed.test.ts";
const stale = "test/scenario/stale.test.ts";
const capture = "test/scenario/capture.test.ts";
const home = "test/scenario/home.test.ts";

export const MUTANTS: readonly Mutant[] = [
  ...PLACES,
  {
    says: "the write permission is not proved before the refresh",
    file: "src/rotation/pasted.ts",
    find: "await ask(() => store.probe(undefined))",
    replace: '{ encrypted_value: "", key_id: "" }',
    by: storing,
    tests: "may not be written with this token",
  },
  {
    says: "a stale copy is spent",
    file: "src/rotation/pasted.ts",
    find: "if (stale) throw (await problems()).sayStale(stale);",
    replace: "",
    by: stale,
    tests: "a re-run with|another secret than|pasted after the run",
  },
  {
    says: "a copied envelope is spent",
    file: "src/rotation/rotate.ts",
    find: "if (stored && !sameLocation(stored.location, location))",
    replace: "if ((false as boolean) && stored)",
    by: stale,
    tests: "copied into another secret",
  },
  {
    says: "a secret that does not exist is made without being asked",
    file: "src/rotation/pasted.ts",
    find: "if (updatedAt === undefined && !rules.createSecrets) throw (await problems()).sayNotFound(location.label);",
    replace: "",
    by: stale,
    tests: "is a typo",
  },
  {
    says: "the secret is written without looking whether somebody else wrote it",
    file: "src/rotation/rotate.ts",
    find: "if ((updatedAt ?? 0) > newestOfOurs) {",
    replace: "if (false as boolean) {",
    by: storing,
    tests: "written by a person while",
  },
  {
    says: "a failed PUT is not tried again",
    file: "src/rotation/github-api.ts",
    find: "if (!(error instanceof ApiProblem) || !error.passing) throw error;",
    replace: "if (pause > 0) throw error;",
    by: storing,
    tests: "cannot be written once",
  },
  {
    says: "the renewed login is not put on the disk before it is stored",
    file: "src/refresh/refresh.ts",
    find: "orWarn(() => capsule?.save(sealEnvelope(next, undefined)));",
    replace: "",
    by: killed,
    tests: "after the capsule is on the disk|before GitHub acts",
  },
  {
    says: "a renewed token that is stored nowhere stands in the log",
    file: "src/refresh/refresh.ts",
    find: "maskSecrets(runner, [tokens.access, tokens.refresh, tokens.idToken]);",
    replace: "runner.log(String(tokens.refresh?.reveal()));",
    by: "test/scenario/ledger.test.ts",
    tests: "begun by a pasted login",
  },
  {
    says: "the capsule can be read without the step's own inputs",
    file: "src/capsule.ts",
    find: "save: (text) => file.commit(sealText(world, key, text)),",
    replace: "save: (text) => file.commit(text),",
    by: killed,
    tests: "after the capsule is on the disk",
  },
  {
    says: "files are written before the login is stored, by a process that stops at SIGINT",
    file: "src/world/node.ts",
    find: 'process.on("SIGINT", hear).on("SIGTERM", hear);',
    replace: "",
    by: killed,
    tests: "waits for the answer",
  },
  {
    says: "an unclear answer is not followed by one more attempt",
    file: "src/refresh/send.ts",
    find: 'if (outcome.type === "ambiguous" && unclear++ === 0)',
    replace: 'if (outcome.type === "ambiguous" && unclear++ === -1)',
    by: lostAnswer,
    tests: "before the provider renewed anything: the retry succeeds",
  },
  {
    says: "an unclear answer is followed by attempts without end",
    file: "src/refresh/send.ts",
    find: 'if (outcome.type === "ambiguous" && unclear++ === 0)',
    replace: 'if (outcome.type === "ambiguous" && unclear++ < 3)',
    by: tokenEndpoint,
    tests: "not asked a third time",
  },
  {
    says: "being turned away is called a dead login",
    file: "src/providers/answer.ts",
    find: 'if (status === 429) return { type: "throttled", status, retryAfterMs: retryAfter(answer, receivedAt) };',
    replace: 'if (status === 429) return { type: "refused", why: "spent-or-revoked" };',
    by: tokenEndpoint,
    tests: "turns us away \\(429\\)",
  },
  {
    says: "an account on hold is called a dead login",
    file: "src/providers/anthropic.ts",
    find: '(code === "invalid_grant" && typeof page === "string")',
    replace: '(code === "invalid_grant" && page === 0)',
    by: "test/scenario/rows.test.ts",
    tests: "hold",
  },
  {
    says: "an answer without a refresh token loses the old one",
    file: "src/refresh/refresh.ts",
    find: "refresh: tokens.refresh ?? used,",
    replace: "refresh: tokens.refresh,",
    by: tokenEndpoint,
    tests: "keeps the refresh token",
  },
  {
    says: "the end of an access token is computed by the runner's clock",
    file: "src/providers/answer.ts",
    find: "answer.date ?? receivedAt",
    replace: "receivedAt",
    by: "test/scenario/network.test.ts",
    tests: "whose clock is 9 h",
  },
  {
    says: "a refresh moves the end of the login",
    file: "src/refresh/refresh.ts",
    find: "Math.min(...ends)",
    replace: "Math.max(...ends)",
    by: "test/scenario/network.test.ts",
    tests: "never moved further away",
  },
  {
    says: "new tokens are not masked",
    file: "src/refresh/refresh.ts",
    find: "maskSecrets(runner, [tokens.access, tokens.refresh, tokens.idToken]);",
    replace: "",
    by: "test/scenario/refresh-and-rotate.test.ts",
    tests: "an expired login",
  },
  {
    says: "only the plain form of a token is masked",
    file: "src/runner/mask.ts",
    find: "for (const skip of [0, 2, 1]) {",
    replace: "for (const skip of [] as number[]) {",
    by: "test/scenario/refresh-and-rotate.test.ts",
    tests: "an expired login",
  },
  {
    says: "a token is printed as base64 of a JSON text",
    file: "src/report/outputs.ts",
    find: "const rows = describe(world, inputs, acquired, files);",
    replace:
      'const rows = describe(world, inputs, acquired, files);\n  runner.log(Buffer.from(`{"t":"${credential.access?.reveal()}"}`).toString("base64"));',
    by: "test/scenario/refresh-and-rotate.test.ts",
    tests: "an expired login",
  },
  {
    says: "the refresh token is written although nobody asked for it",
    file: "src/credential/claude-file.ts",
    find: "refreshToken: full && refresh ? refresh.reveal() : null,",
    replace: "refreshToken: refresh?.reveal() ?? null,",
    by: "test/scenario/refresh-and-rotate.test.ts",
    tests: "an expired login",
  },
  {
    says: "the refresh token is handed out without a proved place for its successor",
    file: "src/acquire.ts",
    find: "if (!refreshing && !handsOutRefresh) return unchanged(credential);",
    replace: "if (!refreshing) return unchanged(credential);",
    by: capture,
    tests: "without a proved place",
  },
  {
    says: "a login of another account is taken over",
    file: "src/post/capture.ts",
    find: "(accountsOf(known)[at] ?? id) !== id",
    replace: "accountsOf(known)[at] === 0",
    by: capture,
    tests: "of another account",
  },
  {
    says: "an older login is taken over",
    file: "src/post/capture.ts",
    find: "found.accessExpiresAt + SKEW_MS <= (known.accessExpiresAt ?? 0)",
    replace: "found.accessExpiresAt <= 0",
    by: capture,
    tests: "older than what",
  },
  {
    says: "the login before a captured one is thrown away",
    file: "src/post/capture.ts",
    find: "predecessor: known.refresh,",
    replace: "predecessor: undefined,",
    by: capture,
    tests: "the one before it is tried",
  },
  {
    says: "post removes a neighbour's login",
    file: "src/post/clean.ts",
    find: "[login.access, login.refresh].some((token) => token && isOurs(token))",
    replace: "login !== undefined",
    by: home,
    tests: "is not ours to remove",
  },
  {
    says: "other keys of the file are lost",
    file: "src/targets/claude.ts",
    find: "return { ...doc, claudeAiOauth: section };",
    replace: "return { claudeAiOauth: section };",
    by: home,
    tests: "another login and other keys",
  },
  {
    says: "a symbolic link is followed",
    file: "src/targets/place.ts",
    find: "if (world.files.isSymlink(place)) {",
    replace: "if (false as boolean) {",
    by: home,
    tests: "symbolic link",
  },
  {
    says: "the place for the file is looked at only after the refresh token was spent",
    file: "src/targets/file.ts",
    find: "const pending = world.files.openBeside(path);",
    replace:
      "const later = () => world.files.openBeside(path);\n    const pending = { temp: path, commit: (text: string) => later().commit(text), discard: () => {} };",
    by: home,
    tests: "a full disk is found out",
  },
];
