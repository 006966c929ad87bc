/** The same write by the real `gh secret set` and by us: method, path, keys of the body, and what is in the box. */
import { execFile, spawnSync } from "node:child_process";
import { promisify } from "node:util";
import sodium from "libsodium-wrappers";
import { beforeAll, describe, expect, test } from "vitest";
import { projectAccess } from "../../../src/rotation/projections.ts";
import { unlessRequired } from "../../support/required.ts";
import { type Settings, stage, type Stage } from "./places-support.ts";
import { newLogin, tempFolder } from "./support.ts";

beforeAll(() => sodium.ready);

const found = spawnSync("gh", ["--version"], { encoding: "utf8" });
const hasGh = unlessRequired("gh", found.status === 0);
if (!hasGh) console.log("gh is not installed: what it sends is not compared with what we send");

/** Runs gh against the loopback GitHub: a name for which it speaks http, through a proxy variable. */
async function gh({ github }: Stage, args: readonly string[]): Promise<void> {
  const folder = tempFolder();
  const env = {
    PATH: process.env["PATH"],
    HOME: folder,
    GH_CONFIG_DIR: folder,
    GH_HOST: "github.localhost",
    GH_TOKEN: "github_pat_invented",
    GH_NO_UPDATE_NOTIFIER: "1",
    HTTP_PROXY: github.apiUrl,
    NO_PROXY: "",
    no_proxy: "",
  };
  await promisify(execFile)("gh", ["secret", "set", ...args], { env, timeout: 30_000 });
}

interface Sent {
  readonly call: string;
  readonly path: string;
  readonly keys: readonly string[];
  readonly body: Record<string, unknown>;
  readonly type: string | undefined;
}

/** What was written since, and to the same server: both open with the key that GitHub holds. */
function sent({ github }: Stage, from: number): Sent[] {
  return github.requests.slice(from).flatMap((request) =>
    request.method === "PUT"
      ? {
          call: `${request.method} ${request.path}`,
          path: request.path,
          keys: request.bodyKeys,
          body: JSON.parse(request.full?.body ?? "{}") as Record<string, unknown>,
          type: request.headers["content-type"]?.split(";")[0],
        }
      : [],
  );
}

const IDS = [7, 9, 1296269];
const PLACES: readonly {
  readonly place: string;
  readonly args: readonly string[];
  readonly secret: string;
  /** What the secret is before, where that decides what is sent. */
  readonly before?: object;
}[] = [
  { place: "NAME:access", args: ["-R", "github.localhost/octo/demo"], secret: "NAME" },
  {
    place: "environment/my%20env/NAME:access",
    args: ["-R", "github.localhost/octo/demo", "--env", "my env"],
    secret: "environment/my env/NAME",
  },
  {
    place: "organization/octo/NAME:access",
    args: ["--org", "octo", "--visibility", "all"],
    secret: "organization/octo/NAME",
    before: { visibility: "all" },
  },
  {
    place: "organization/octo/NAME:access",
    args: ["--org", "octo", "--visibility", "private"],
    secret: "organization/octo/NAME",
    before: { visibility: "private" },
  },
  {
    place: "organization/octo/NAME:access",
    args: ["--org", "octo", "--repos", "octo/a,octo/b,octo/demo"],
    secret: "organization/octo/NAME",
    before: { visibility: "selected", selectedRepositoryIds: IDS },
  },
  {
    place: "dependabot/NAME",
    args: ["-R", "github.localhost/octo/demo", "--app", "dependabot"],
    secret: "dependabot/NAME",
  },
];

describe.skipIf(!hasGh)("as gh secret set", () => {
  test.each(PLACES)("$place, $args", async ({ place, args, secret, before = {} }) => {
    const here = await stage({ fullRequestLog: true });
    const { github, world } = here;
    // gh asks for the ids of repositories by a query of which the loopback GitHub knows nothing.
    const ids = Object.fromEntries(IDS.map((id, index) => [`repo_00${index}`, { databaseId: id }]));
    github.fault({ path: /graphql/ }, { do: "answer", status: 200, body: { data: ids } });
    github.setSecretByUser(secret, "before", { at: world.now() - 60_000, ...before });

    const settings: Settings = { "ledger-key": "ocr1_x" };
    let from = github.requests.length;
    const done = await projectAccess(world, here.inputs(place, settings), newLogin());
    expect(done.map(({ result }) => result)).toEqual(["written"]);
    const [ours, ...noMore] = sent(here, from);
    expect(noMore).toEqual([]);
    const value = github.secret(secret) ?? "";
    const metadata = github.metadata(secret);
    expect(value).toMatch(/^oc1\./);

    from = github.requests.length;
    await gh(here, ["NAME", "--body", value, ...args]);
    const [theirs, ...nor] = sent(here, from);
    expect(nor).toEqual([]);
    expect({ call: ours?.call, keys: ours?.keys, type: ours?.type }).toEqual({
      call: theirs?.call,
      keys: theirs?.keys,
      type: theirs?.type,
    });
    const { encrypted_value: box, ...rest } = ours?.body ?? {};
    const { encrypted_value: theirBox, ...theirRest } = theirs?.body ?? {};
    expect(rest).toEqual(theirRest);
    // Sealed anew each time; opened by libsodium on arrival they are the same.
    expect(box).not.toBe(theirBox);
    expect(String(box)).toHaveLength(String(theirBox).length);
    expect(github.secret(secret)).toBe(value);
    expect({ ...github.metadata(secret), updated_at: "" }).toEqual({ ...metadata, updated_at: "" });
    expect(github.selectedRepositoryIds(secret)).toEqual(
      (before as { selectedRepositoryIds?: number[] }).selectedRepositoryIds ?? [],
    );
    // gh names no version of the API, which the loopback GitHub demands of everybody.
    const ofGh = /X-GitHub-Api-Version|\/graphql/;
    expect(github.violations.filter((text) => !ofGh.test(text))).toEqual([]);
    (github.violations as string[]).length = 0;
  });
});
