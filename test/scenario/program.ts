/** What a job's program does to the file that main wrote: between main and post. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { claudeFile, type Ran } from "./stage.ts";

export type Section = Record<string, unknown>;

/** The step's own view of the home folder comes from its outputs, as for any later step. */
export const edit =
  (change: (section: Section) => Section | Promise<Section> | undefined) => async (main: Ran["main"]) => {
    const path = (JSON.parse(main.outputs["files"] ?? "[]") as string[])[0] ?? "";
    const file = claudeFile(join(path, "..", ".."))?.json ?? {};
    const section = await change(file["claudeAiOauth"] ?? {});
    writeFileSync(
      path,
      section === undefined ? '{"claudeAiOauth":{"accessTok' : JSON.stringify({ ...file, claudeAiOauth: section }),
    );
  };

/** What Claude Code does when its access token has ended: spends the refresh token and rewrites the file. */
export const renewer =
  (tokenUrl: () => string, renewed: string[]) =>
  async (section: Section): Promise<Section> => {
    const answer = await fetch(tokenUrl(), {
      method: "POST",
      headers: { "content-type": "application/json", "user-agent": "axios/1.15.2" },
      body: JSON.stringify({
        grant_type: "refresh_token",
        refresh_token: section["refreshToken"],
        client_id: "9d1c250a-e61b-44d9-88ed-5944d1962f5e",
      }),
    });
    const tokens = (await answer.json()) as { access_token: string; refresh_token?: string; expires_in: number };
    const refreshToken = tokens.refresh_token ?? (section["refreshToken"] as string);
    renewed.push(tokens.access_token, refreshToken);
    return {
      ...section,
      accessToken: tokens.access_token,
      refreshToken,
      expiresAt: Date.now() + tokens.expires_in * 1000,
    };
  };
