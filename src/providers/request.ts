import type { HttpRequest } from "../world/world.ts";
import type { RequestSettings } from "./provider.ts";

/**
 * The POST to a token endpoint.
 *
 * @param format how the body is written where the user says nothing
 * @param headers more of them, such as `authorization`
 */
export function tokenRequest(
  url: string,
  fields: Readonly<Record<string, string>>,
  settings: RequestSettings,
  format: "json" | "form",
  headers: Readonly<Record<string, string>> = {},
): HttpRequest {
  const form = (settings.requestFormat ?? format) === "form";
  return {
    method: "POST",
    url,
    headers: {
      "content-type": form ? "application/x-www-form-urlencoded" : "application/json",
      accept: "application/json",
      "user-agent": settings.userAgent,
      ...headers,
    },
    body: form ? new URLSearchParams(fields).toString() : JSON.stringify(fields),
    timeoutMs: settings.timeoutMs,
    fresh: true,
  };
}
