import { describe, expect, it } from "vitest";
import { checkExchange, description, judgeExchange, matchPath } from "../../support/github/contract.ts";

const SECRET = "/repos/octo/demo/actions/secrets/TOKEN";
const BOX = { encrypted_value: "c2VjcmV0", key_id: "1" };

interface Example {
  readonly label: string;
  readonly template: string;
  readonly exchange: Parameters<typeof checkExchange>[0];
}

/** Every answer that GitHub gives as an example, with the first example of the request. */
function gitHubsOwnExamples(): Example[] {
  const found: Example[] = [];
  for (const [template, methods] of Object.entries(description.paths)) {
    const path = template
      .replaceAll(/\{(run_id|repository_id|attempt_number|issue_number)\}/g, "42")
      .replaceAll(/\{\w+\}/g, "name");
    for (const [method, operation] of Object.entries(methods)) {
      const asked = Object.values(operation.requestBody?.content ?? {})[0]?.examples ?? {};
      const request = valueOf(Object.values(asked)[0]);
      for (const [status, response] of Object.entries(operation.responses)) {
        const content = "content" in response ? response.content?.["application/json"] : undefined;
        for (const [name, example] of Object.entries(content?.examples ?? {})) {
          const responseBody = valueOf(example);
          if (responseBody === null) continue;
          const label = `${method.toUpperCase()} ${template} ${status} ${name}`;
          const sent = request === undefined ? {} : { requestBody: request };
          const exchange = { method, path, status: Number(status), responseBody, ...sent };
          found.push({ label, template, exchange });
        }
      }
    }
  }
  return found;
}

function valueOf(example: object | undefined): unknown {
  if (example === undefined) return undefined;
  const { value } = example as { value?: unknown };
  // Some examples are references themselves, others hold one.
  const reference = "$ref" in example ? example.$ref : (value as { $ref?: unknown } | null | undefined)?.$ref;
  if (reference === undefined) return value;
  const name = String(reference).split("/").at(-1) as string;
  return description.components.examples[name]?.value;
}

describe("the description", () => {
  it("says where it comes from and under which licence", () => {
    const origin = (description as unknown as Record<string, Record<string, string>>)["x-origin"];
    expect(origin).toMatchObject({ package: "@octokit/openapi", version: "23.0.2" });
    expect(origin?.["license"]).toBe("MIT");
    expect(origin?.["licenseText"]).toContain("Permission is hereby granted");
    expect(origin?.["cutOn"]).toMatch(/^\d{4}-\d\d-\d\d$/);
  });

  it("contains everything that it refers to", () => {
    const references = JSON.stringify(description).matchAll(/"\$ref":"#\/components\/([^"]+)"/g);
    const components = description.components as Record<string, Record<string, unknown>>;
    const missing = [...references].filter(([, target]) => {
      const [kind, name] = (target as string).split("/") as [string, string];
      return components[kind]?.[name] === undefined;
    });
    expect(missing).toEqual([]);
  });

  it("agrees with GitHub's own examples but for the three that GitHub itself got wrong", () => {
    const examples = gitHubsOwnExamples();
    expect(examples.length).toBeGreaterThan(40);
    const disagreeing = examples.filter(({ template, exchange }) => {
      const judgement = judgeExchange(exchange);
      return judgement.template !== template || judgement.violations.length > 0;
    });
    // The schemas require `language`, a job's time of creation, and two fields of a file: the examples have none of them.
    expect(disagreeing.map(({ label }) => label)).toEqual([
      "GET /repos/{owner}/{repo} 200 default-response",
      "GET /repos/{owner}/{repo}/actions/runs/{run_id}/attempts/{attempt_number}/jobs 200 default",
      "GET /repos/{owner}/{repo}/commits/{ref} 200 default",
    ]);
  });

  it("has an example key of 33 bytes: a reader of real keys must insist on 32", () => {
    const example = description.components.examples["actions-public-key"]?.value as { key: string };
    expect(Buffer.from(example.key, "base64")).toHaveLength(33);
  });
});

describe("finding the template", () => {
  it.each([
    ["/repos/o/r/actions/secrets/public-key", "/repos/{owner}/{repo}/actions/secrets/public-key"],
    ["/repos/o/r/actions/secrets/X", "/repos/{owner}/{repo}/actions/secrets/{secret_name}"],
    ["/rate_limit", "/rate_limit"],
  ])("%s", (path, template) => {
    expect(matchPath(path)?.template).toBe(template);
  });

  it("takes slashes in a ref, escaped or not", () => {
    const ref = "oauth-creds/v1/anthropic/default";
    const at = "/repos/o/r/git/ref/";
    expect(matchPath(`${at}${ref}`)?.parameters["ref"]).toBe(ref);
    expect(matchPath(`${at}${encodeURIComponent(ref)}`)?.parameters["ref"]).toBe(ref);
  });

  it("takes an escaped slash in the name of an environment, but no bare one", () => {
    const of = (name: string): string => `/repos/o/r/environments/${name}/secrets/X`;
    expect(matchPath(of("eu%2Fwest"))?.parameters["environment_name"]).toBe("eu/west");
    expect(matchPath(of("eu/west"))).toBeUndefined();
  });
});

describe("judging an exchange", () => {
  const put = { method: "PUT", path: SECRET, requestBody: BOX };

  it("accepts what GitHub describes", () => {
    expect(checkExchange({ ...put, status: 201, responseBody: {} })).toEqual([]);
    expect(checkExchange({ ...put, status: 204 })).toEqual([]);
    expect(checkExchange(put)).toEqual([]);
    expect(checkExchange({ method: "DELETE", path: SECRET, status: 204 })).toEqual([]);
  });

  it.each([
    ["an unknown path", { ...put, path: "/repos/o/r/actions/secret/X" }, "no such path"],
    ["a missing method", { ...put, method: "POST" }, "no such method"],
    ["DELETE of a ref", { method: "DELETE", path: "/repos/o/r/git/refs/a" }, "no such method"],
    ["a PUT without key_id", { ...put, requestBody: { encrypted_value: "c2Vj" } }, "'key_id'"],
    ["no body", { method: "PUT", path: SECRET }, "request body is missing"],
    ["base64url", { ...put, requestBody: { ...BOX, encrypted_value: "c2-_" } }, "pattern"],
    ["a misspelt key", { ...put, requestBody: { ...BOX, keyid: "1" } }, "key keyid is not"],
    ["a wrong type", { ...put, requestBody: { ...BOX, key_id: 1 } }, "must be string"],
    ["a body where none belongs", { ...put, method: "DELETE" }, "body is not described"],
    ["an unknown query", { method: "GET", path: SECRET, query: { a: "1" } }, "query parameter a"],
    ["a run named x", { method: "GET", path: "/repos/o/r/actions/runs/x" }, "parameter run_id"],
    ["a success not described", { ...put, status: 200, responseBody: {} }, "status 200 is not"],
    ["a redirection not described", { ...put, status: 302 }, "status 302 is not"],
    ["a body with 204", { ...put, status: 204, responseBody: {} }, "has no body"],
    ["a missing answer", { method: "GET", path: SECRET, status: 200 }, "body is missing"],
    [
      "an answer without a time",
      {
        method: "GET",
        path: SECRET,
        status: 200,
        responseBody: { name: "TOKEN", updated_at: "2026-01-01T00:00:00Z" },
      },
      "'created_at'",
    ],
    [
      "a time that is none",
      {
        method: "GET",
        path: SECRET,
        status: 200,
        responseBody: {
          name: "TOKEN",
          created_at: "yesterday",
          updated_at: "2026-01-01T00:00:00Z",
        },
      },
      "date-time",
    ],
  ])("reports %s", (_name, exchange, text) => {
    const violations = checkExchange(exchange);
    expect(violations).toHaveLength(1);
    expect(violations[0]).toContain(text);
  });

  it.each([401, 403, 404, 422, 429, 502])("keeps an undescribed %i apart", (status) => {
    const judgement = judgeExchange({ ...put, status, responseBody: { message: "no" } });
    expect(judgement.violations).toEqual([]);
    expect(judgement.undescribed).toHaveLength(1);
    expect(judgement.undescribed[0]).toContain(`status ${status}`);
  });

  it("checks an error that is described", () => {
    const path = "/repos/o/r/git/refs";
    const requestBody = { ref: "refs/x/y", sha: "0".repeat(40) };
    const conflict = { method: "POST", path, requestBody, status: 409 };
    expect(checkExchange({ ...conflict, responseBody: { message: "no" } })).toEqual([]);
    expect(checkExchange({ ...conflict, responseBody: { message: 1 } })).toHaveLength(1);
  });

  it("takes null where one of several forms may be null", () => {
    const example = description.components.examples["commit"] as { value: { author: object; files?: unknown } };
    const { files: _files, ...commit } = example.value;
    const of = (author: unknown) =>
      checkExchange({ method: "GET", path: "/repos/o/r/commits/x", status: 200, responseBody: { ...commit, author } });
    expect([of(commit.author), of(null)]).toEqual([[], []]);
    expect(of("somebody").length).toBeGreaterThan(0);
  });

  it("takes a 304 as the answer to any GET, without a body", () => {
    const get = { method: "GET", path: SECRET, status: 304 };
    expect(checkExchange(get)).toEqual([]);
    expect(checkExchange({ ...get, responseBody: {} })).toHaveLength(1);
    expect(checkExchange({ ...put, status: 304 })).toHaveLength(1);
  });

  it("never repeats a value", () => {
    const invented = `invented-${Math.random()}`;
    const body = { encrypted_value: invented, key_id: invented, visibility: invented };
    const path = "/orgs/octo/actions/secrets/TOKEN";
    const violations = checkExchange({ method: "PUT", path, requestBody: body });
    expect(violations.length).toBeGreaterThan(1);
    expect(violations.join()).not.toContain(invented);
  });
});
