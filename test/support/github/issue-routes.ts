/** The endpoints of a repository's issues: who may, and where `issues.ts` is asked. */
import type { TokenKind } from "./messages.ts";
import type { Route } from "./routes.ts";
import type { Level } from "./tokens.ts";

const BASE = "/repos/{owner}/{repo}/issues";

/** Whom GitHub names as the author of what such a token writes. */
export function loginOf(kind: TokenKind): string {
  if (kind === "github-token") return "github-actions[bot]";
  return kind === "app" ? "octo-app[bot]" : "octocat";
}

/** `[method and template, route]` of all of them. */
export function issueRoutes(): [string, Route][] {
  const route = (method: string, level: Level, rest = ""): [string, Route] => [
    `${method} ${BASE}${rest}`,
    {
      need: { permission: "issues", level },
      handle({ parameters, query, body, by }, { issues }) {
        const path = `${BASE}${rest}`.replaceAll(/\{(\w+)\}/g, (_, name: string) => parameters[name] ?? "");
        return issues.respond({ login: loginOf(by) }, method, `${path}?${new URLSearchParams(query)}`, body);
      },
    },
  ];
  return [
    route("GET", "read"),
    route("POST", "write"),
    route("PATCH", "write", "/{issue_number}"),
    route("POST", "write", "/{issue_number}/comments"),
  ];
}
