/** A job reads a secret of its environment before one of its repository of the same name: where that can be known. */
import { onTestFinished, describe, expect, test } from "vitest";
import { startIdentity } from "../../support/github/identity.ts";
import { ALL, paste, renew, stage, type Stage } from "./places-support.ts";
import { newToken, NOW, pieceOf, HOUR } from "./support.ts";

/** A job that may ask who it is, in this environment or in none. */
async function jobIn(environment: string | undefined, more: { permissions?: typeof ALL; repository?: string } = {}) {
  const { repository = "octo/demo", permissions = ALL } = more;
  const identity = await startIdentity({ repository, ...(environment !== undefined && { environment }) });
  onTestFinished(() => identity.close());
  const here = await stage({ env: { ...identity.env }, permissions });
  return { here, identity };
}

const outcome = (here: Stage, rotateTo: string) =>
  renew(here, rotateTo).then(
    ({ result }) => result.type,
    (error: { code?: string; message: string }) => `${error.code}: ${error.message}`,
  );

describe("a pasted login", () => {
  test("whose place is shadowed by the environment's secret is not spent", async () => {
    const { here, identity } = await jobIn("eu/west 1");
    paste(here, "environment/eu/west 1/LOGIN");
    paste(here, "LOGIN");
    expect(await outcome(here, "LOGIN")).toMatch(
      /^secret-elsewhere: `rotate-to` names the repository secret LOGIN, but this job reads the secret of that name of the environment eu\/west 1\./,
    );
    expect(here.github.history("LOGIN")).toHaveLength(1);
    expect(here.github.secret("OAUTH_CREDS_PROBE_LOGIN")).toBeUndefined();
    expect(identity.requests).toEqual(["GET /idtoken/1?api-version=2.0&audience=oauth-creds"]);
  });

  test("is spent where the environment has no such secret", async () => {
    const { here } = await jobIn("production");
    paste(here, "LOGIN");
    expect(await outcome(here, "LOGIN")).toBe("stored");
  });

  test("is spent in a job without an environment", async () => {
    const { here } = await jobIn(undefined);
    paste(here, "environment/production/LOGIN");
    paste(here, "LOGIN");
    expect(await outcome(here, "LOGIN")).toBe("stored");
  });

  test("of an environment that the job does not name is not spent", async () => {
    for (const [named, said] of [
      ["staging", "the environment staging"],
      [undefined, "no environment"],
    ] as const) {
      const { here } = await jobIn(named);
      paste(here, "environment/production/LOGIN");
      expect(await outcome(here, "environment/production/LOGIN")).toContain(
        `but this job names ${said} (\`environment:\`), so it does not read the environment secret LOGIN of production`,
      );
      expect(here.github.history("environment/production/LOGIN")).toHaveLength(1);
    }
  });

  test.each(["production", "Production", "eu/west 1"])(
    "of the environment %s, which the job names, is spent",
    async (name) => {
      const { here } = await jobIn(name);
      paste(here, `environment/${name.toLowerCase()}/LOGIN`);
      const place = `environment/${name.toLowerCase().replace(" ", "%20")}/LOGIN`;
      expect(await outcome(here, place)).toBe("stored");
    },
  );

  test("of an organization is shadowed by the repository's own, without any identity", async () => {
    const here = await stage();
    paste(here, "organization/octo/LOGIN");
    paste(here, "LOGIN");
    expect(await outcome(here, "organization/octo/LOGIN")).toMatch(
      /^secret-elsewhere: .* but a job in this repository reads the repository's own secret of that name\./,
    );
    expect(here.github.history("organization/octo/LOGIN")).toHaveLength(1);
  });

  test("of an organization is shadowed by the environment's", async () => {
    const { here } = await jobIn("production");
    paste(here, "organization/octo/LOGIN");
    paste(here, "environment/production/LOGIN");
    expect(await outcome(here, "organization/octo/LOGIN")).toMatch(
      /^secret-elsewhere: .*of the environment production/,
    );
  });
});

describe("what cannot be known is not held against it", () => {
  test("a token that may not read the environment's secrets", async () => {
    const { here } = await jobIn("production", { permissions: { secrets: "write", actions: "read" } });
    paste(here, "environment/production/LOGIN");
    paste(here, "LOGIN");
    expect(await outcome(here, "LOGIN")).toBe("stored");
  });

  test("an identity of another repository, as in a called workflow that is not what it seems", async () => {
    const { here } = await jobIn("production", { repository: "octo/other" });
    paste(here, "environment/production/LOGIN");
    paste(here, "LOGIN");
    expect(await outcome(here, "LOGIN")).toBe("stored");
  });

  test.each(["http://127.0.0.1:9/x", "not an address"])("nobody answers at %s", async (url) => {
    const env = { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: "x" };
    const here = await stage({ env });
    paste(here, "LOGIN");
    expect(await outcome(here, "LOGIN")).toBe("stored");
  });

  test("a place in another repository: what this job reads is no secret of its own", async () => {
    const identity = await startIdentity({ repository: "octo/other", environment: "production" });
    onTestFinished(() => identity.close());
    const here = await stage({ env: { ...identity.env, GITHUB_REPOSITORY: "octo/other", GITHUB_REPOSITORY_ID: "5" } });
    paste(here, "LOGIN");
    paste(here, "environment/production/LOGIN");
    expect(await renew(here, "LOGIN@octo/demo", { credential: newToken("ort") })).toMatchObject({
      result: { type: "stored" },
    });
    expect(identity.requests).toEqual([]);
  });
});

test("the envelope says by itself where it is from: nobody is asked", async () => {
  const { here, identity } = await jobIn("production");
  paste(here, "environment/production/LOGIN");
  await renew(here, "environment/production/LOGIN");
  const asked = identity.requests.length;
  here.world.pass(HOUR);
  expect(await outcome(here, "environment/production/LOGIN")).toBe("stored");
  // And where the repository's secret of the same name is named, it is not spent.
  const credential = here.github.secret("environment/production/LOGIN") ?? "";
  paste(here, "LOGIN", newToken("ort"), { at: NOW });
  await expect(renew(here, "LOGIN", { credential })).rejects.toMatchObject({ code: "secret-elsewhere" });
  expect(identity.requests).toHaveLength(asked);
});

test("the identity token is masked, and shown to nobody", async () => {
  const { here, identity } = await jobIn("production");
  paste(here, "LOGIN");
  await renew(here, "LOGIN");
  const [token = ""] = identity.tokens;
  expect(here.world.recorded.masks).toContain(token);
  expect(pieceOf(token, here.world.recorded.text())).toBeUndefined();
  expect(JSON.stringify(here.world.requests).includes(token)).toBe(false);
});
