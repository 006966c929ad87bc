/** A person at a real terminal: what is on the screen, what the shell remembers, what Ctrl-C leaves behind. */
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openEnvelope } from "../../src/credential/envelope.ts";
import { leaksIn } from "../support/browser/leaks.ts";
import { ask } from "../support/browser/person.ts";
import { CLI, type Desk, makeDesk } from "../support/browser/program.ts";
import { startStrictSignIn, type StrictSignIn } from "../support/browser/strict-sign-in.ts";
import { hasTmux, openTerminal, type Screen } from "../support/browser/terminal.ts";
import { startGitHub } from "../support/github/server.ts";

if (!hasTmux()) process.stderr.write("No tmux or no bash here: the tests at a terminal are skipped.\n");

describe.skipIf(!hasTmux())("at a terminal", () => {
  let desk: Desk;
  let server: StrictSignIn;
  let screen: Screen;

  beforeEach(async () => {
    desk = makeDesk();
    server = await startStrictSignIn("anthropic");
    screen = openTerminal({ HOME: desk.home, TMPDIR: desk.path(".tmp"), NO_COLOR: "1" }, desk.home);
    screen.enter(
      `oc() { '${process.execPath}' '${CLI}' "$@"; }; ` +
        `signin() { oc login anthropic --pkce --no-browser --authorize-url ${server.authorizeUrl} --token-url ${server.tokenUrl} "$@"; echo "ended-with-$?"; }`,
    );
  });

  afterEach(async () => {
    screen.close();
    await server.close();
    desk.remove();
  });

  /** The server's page, as the person sees it. */
  async function code(): Promise<{ code: string; state: string }> {
    const [address] = await screen.shows(/http:\/\/127\.0\.0\.1:\d+\/cai\/oauth\/authorize\?\S+/);
    await screen.shows(/will not be shown/);
    const { headers } = await ask(address);
    const back = new URL(String(headers["location"]));
    return { code: back.searchParams.get("code") ?? "", state: back.searchParams.get("state") ?? "" };
  }

  const pastes: readonly [string, boolean, (code: string, state: string) => string][] = [
    ["marked by the terminal, with Enter after it", true, (c, s) => `${c}#${s}`],
    ["marked, with a line break in its midst", true, (c, s) => `${c}#${s.slice(0, 9)}\n${s.slice(9)}`],
    ["not marked, with a line break in its midst", false, (c, s) => `${c}#${s.slice(0, 9)}\n${s.slice(9)}`],
  ];
  test.each(pastes)("what is pasted is not shown, and never reaches the shell: %s", async (_, marked, form) => {
    screen.enter("signin --output login.txt");
    const shown = await code();
    screen.paste(form(shown.code, shown.state), marked);
    screen.key("Enter");
    await screen.shows(/ended-with-0/);
    const [issued] = server.issued;
    const secrets = {
      code: shown.code,
      end: shown.state.slice(9),
      access: issued?.access ?? "",
      refresh: issued?.refresh ?? "",
    };
    // The state stands in the address that the person opened.
    const said = screen.text().replaceAll(/state=\S+/g, "");
    expect(leaksIn(said, secrets)).toEqual([]);
    expect(leaksIn(await screen.history(), secrets)).toEqual([]);
    expect(openEnvelope((desk.read("login.txt") ?? "").trim()).credential.kind).toBe("login");
    expect(server.deviations).toEqual([]);
  });

  test("a wrong paste may be followed by the right one", async () => {
    screen.enter("signin --output login.txt");
    const shown = await code();
    screen.paste(`${shown.code}#${shown.state.slice(0, 20)}`, true);
    screen.key("Enter");
    await screen.shows(/end of it is missing/);
    screen.paste(`${shown.code}#${shown.state}`, true);
    screen.key("Enter");
    await screen.shows(/ended-with-0/);
  });

  test("Ctrl-C ends it, and leaves the terminal as it was", async () => {
    screen.enter("stty -a > before; signin --output login.txt; echo over");
    await code();
    screen.key("C-c");
    await screen.shows(/\[cancelled\]/);
    // It ends by the signal: the shell goes on with nothing of that line.
    screen.enter("echo code-$?; stty -a > after; echo next");
    await screen.shows(/code-130\s+next/);
    expect(screen.text()).not.toMatch(/^(over|ended-with-\d+)$/m);
    expect(desk.read("after")).toBe(desk.read("before"));
    expect(desk.read("login.txt")).toBeUndefined();
  });

  test("a login is not printed on the screen unasked: a file is asked for", async () => {
    screen.enter("signin");
    await screen.shows(/Which file is to hold it/);
    screen.key("Enter");
    const shown = await code();
    screen.paste(`${shown.code}#${shown.state}`, true);
    screen.key("Enter");
    await screen.shows(/kept in .*anthropic-login\.txt[\s\S]*ended-with-0/);
    expect(screen.text()).not.toContain("oc1.");
    expect(openEnvelope((desk.read("anthropic-login.txt") ?? "").trim()).credential.kind).toBe("login");
  });

  test("a pipe gets the login while the person pastes", async () => {
    screen.enter("signin | sed 's/ended-with.*//' > piped; echo over");
    const shown = await code();
    screen.paste(`${shown.code}#${shown.state}`, true);
    screen.key("Enter");
    await screen.shows(/\nover/);
    expect(openEnvelope((desk.read("piped") ?? "").trim()).credential.kind).toBe("login");
    expect(screen.text()).not.toContain("oc1.");
  });

  test("--with-token reads a file of many lines from the keyboard, unseen", async () => {
    const refresh = `sk-ant-ort01-${"r1".repeat(30)}`;
    const file = JSON.stringify(
      { claudeAiOauth: { accessToken: "", refreshToken: refresh, scopes: ["user:inference"] } },
      null,
      2,
    );
    screen.enter("oc login anthropic --with-token --output login.txt; echo over-$?");
    await screen.shows(/Paste the credential/);
    screen.paste(file, false);
    screen.key("Enter");
    await screen.shows(/over-0/);
    expect(leaksIn(screen.text(), { refresh })).toEqual([]);
    expect(leaksIn(await screen.history(), { refresh })).toEqual([]);
    expect(openEnvelope((desk.read("login.txt") ?? "").trim()).credential.refresh?.reveal()).toBe(refresh);
  });

  const root = () => `ocr1_${randomBytes(32).toString("base64url")}`;
  const setupToken = () => `sk-ant-oat01-${randomBytes(80).toString("base64url").slice(0, 95)}`;
  const TOKEN = "oc login anthropic --with-token --validate none --output login.txt";

  test.each<[string, string, RegExp, () => string]>([
    ["login --with-token", TOKEN, /Paste the credential.*: *$/m, setupToken],
    ["key --derive", "oc key --derive > derived", /Paste the root key.*: *$/m, root],
  ])("%s with stderr in a file asks at the terminal, and does not echo", async (_, line, prompt, make) => {
    const secret = make();
    screen.enter(`${line} 2> said; echo over-$?`);
    await screen.shows(prompt);
    screen.paste(secret, true);
    screen.key("Enter");
    await screen.shows(/over-0/);
    expect(leaksIn(screen.text(), { secret })).toEqual([]);
    expect(leaksIn(desk.read("said") ?? "", { secret })).toEqual([]);
    expect(leaksIn(await screen.history(), { secret })).toEqual([]);
  });

  test("a sign-in with stderr in a file asks at the terminal, and does not echo", async () => {
    screen.enter("signin --output login.txt 2> said");
    await screen.shows(/Paste it here.*: *$/m);
    const [address = ""] = /http:\/\/127\.0\.0\.1:\d+\/cai\/oauth\/authorize\?\S+/.exec(desk.read("said") ?? "") ?? [];
    const { headers } = await ask(address);
    const back = new URL(String(headers["location"]));
    const [secret, state] = ["code", "state"].map((name) => back.searchParams.get(name) ?? "");
    screen.paste(`${secret}#${state}`, true);
    screen.key("Enter");
    await screen.shows(/ended-with-0/);
    expect(leaksIn(screen.text(), { secret: secret ?? "" })).toEqual([]);
    expect(openEnvelope((desk.read("login.txt") ?? "").trim()).credential.kind).toBe("login");
  });

  // With setsid stdin still is the terminal, which can be read from, but nothing can be shown on it.
  test.runIf(process.platform === "linux").each([
    ["login --with-token", TOKEN],
    ["key --derive", "oc key --derive"],
  ])("%s with nowhere to ask at is refused, and reads nothing", async (_, line) => {
    screen.enter(`export -f oc; setsid -w bash -c '${line}' 2> said; echo over-$?`);
    await screen.shows(/over-2/);
    expect(desk.read("said")).toMatch(/cannot be shown here: stderr is no terminal/);
    expect(desk.read("login.txt")).toBeUndefined();
  });

  test("a secret that does not exist is made when the person agrees", async () => {
    const pat = "github_pat_for_a_test_at_a_terminal_0123456789";
    const github = await startGitHub({
      tokens: { [pat]: { permissions: { secrets: "write" } } },
      repository: "octo/demo",
    });
    try {
      writeFileSync(desk.path("pat"), pat);
      screen.enter(`export GITHUB_API_URL=${github.apiUrl} GITHUB_REPOSITORY=octo/demo`);
      screen.enter("signin --rotate-to NEW_LOGIN --secrets-token pat");
      await screen.shows(/Make it\? \[Y\/n\]/);
      const asked = github.requests.length;
      screen.key("C-c");
      await screen.shows(/\[cancelled\]/);
      screen.enter("clear; echo code-$?");
      await screen.shows(/code-0/);
      expect(github.requests, "who goes away says nothing").toHaveLength(asked);
      screen.enter("signin --rotate-to NEW_LOGIN --secrets-token pat");
      await screen.shows(/Make it\? \[Y\/n\]/);
      screen.enter("y");
      const shown = await code();
      screen.paste(`${shown.code}#${shown.state}`, true);
      screen.key("Enter");
      await screen.shows(/stored in the repository secret NEW_LOGIN[\s\S]*ended-with-0/);
      expect(openEnvelope(github.secret("NEW_LOGIN") ?? "").credential.kind).toBe("login");
    } finally {
      await github.close();
    }
  });
});
