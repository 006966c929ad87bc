import { describe, expect, test } from "vitest";
import type { ProviderName } from "../../../src/credential/credential.ts";
import { isProgram, parseTarget, PROGRAMS, type TargetName, targetsFor } from "../../../src/targets/names.ts";
import { failureOf, inputsOf } from "./support.ts";

const PROVIDERS: ProviderName[] = ["anthropic", "openai", "custom"];
const named = (text: string): TargetName[] => text.split(",").map((name) => parseTarget(name) as TargetName);

describe("a target's name", () => {
  test.each(Object.keys(PROGRAMS))("%s is a program", (name) => {
    expect([isProgram(name), parseTarget(name)]).toEqual([true, { name }]);
  });

  test.each(["output", "none"])("%s is a value of the job", (name) => {
    expect([isProgram(name), parseTarget(name)]).toEqual([false, { name }]);
  });

  test.each([
    "env:MY_TOKEN",
    "env:_x",
    "env:PATH_TO_X",
    "env:HOMEPAGE",
    "env:ANTHROPIC_OAUTH_TOKEN",
    "env:NODE_AUTH_TOKEN",
    "env:GIT_TOKEN",
    "env:MY_ENV",
    "env:PROXY_TOKEN",
  ])("%s is a variable", (text) => {
    expect(parseTarget(text)).toEqual({ name: "env", variable: text.slice(4) });
  });

  test.each([
    ["GITHUB_pat_0123456789abcdef", /`GITHUB_`/],
    ["BASH_ENV", /`BASH_ENV`/],
    ["HTTPS_PROXY", /`HTTPS_PROXY`/],
  ])("env:%s: the error says why, and what to name; of the name only the beginning", (variable, says) => {
    const { code, message } = failureOf(() => inputsOf({ targets: `env:${variable}` }));
    expect(code).toBe("input-invalid");
    expect(message).toMatch(says);
    expect(message).toContain("Name one that only your program reads");
    expect(message).not.toContain("0123456789");
  });

  test("env alone is a variable whose name depends on the provider", () => {
    expect(parseTarget("env")).toEqual({ name: "env", variable: undefined });
  });

  test.each([
    "GITHUB_X",
    "github_x",
    "RUNNER_TEMP",
    "ACTIONS_X",
    "INPUT_X",
    "STATE_X",
    "NODE_OPTIONS",
    "PATH",
    "Path",
    "HOME",
    "LD_PRELOAD",
    "DYLD_X",
    "BASH_ENV",
    "ENV",
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "PERL5OPT",
    "PERL5LIB",
    "RUBYOPT",
    "NODE_PATH",
    "NODE_EXTRA_CA_CERTS",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_ASKPASS",
    "GIT_CONFIG_GLOBAL",
    "HTTPS_PROXY",
    "https_proxy",
    "NO_PROXY",
    "ALL_PROXY",
    "1A",
    "A-B",
    "A=B",
    "",
  ])("env:%s is refused", (variable) => {
    expect(parseTarget(`env:${variable}`)).toBeUndefined();
  });

  test.each(["Claude", "claude.json", "constructor", "toString", "__proto__", "", "env=X", "ENV"])(
    "%j is none",
    (text) => {
      expect([parseTarget(text), isProgram(text)]).toEqual([undefined, false]);
    },
  );
});

describe("the targets of a step", () => {
  test("none named: the provider's own program", () => {
    expect(targetsFor([], "anthropic")).toEqual([{ name: "claude" }]);
    expect(targetsFor([], "openai")).toEqual([{ name: "codex" }]);
  });

  test("none named, and no program: an error that says what to name", () => {
    const failure = failureOf(() => targetsFor([], "custom"));
    expect(failure.code).toBe("input-invalid");
    expect(failure.message).toMatch(/env:NAME.*output/);
  });

  test("named ones stay as they are, in their order", () => {
    const targets = named("pi,output,env:MINE,claude,none");
    expect(targetsFor(targets, "anthropic")).toEqual(targets);
  });

  test("env alone is Claude Code's variable, and no other provider has one", () => {
    expect(targetsFor(named("env"), "anthropic")).toEqual([{ name: "env", variable: "CLAUDE_CODE_OAUTH_TOKEN" }]);
    for (const provider of ["openai", "custom"] as const) {
      const failure = failureOf(() => targetsFor(named("env"), provider));
      expect(failure.code).toBe("input-invalid");
      expect(failure.message).toContain("env:NAME");
    }
  });

  test.each(PROVIDERS)("CODEX_ACCESS_TOKEN takes no token of %s", (provider) => {
    expect(failureOf(() => targetsFor(named("env:CODEX_ACCESS_TOKEN"), provider)).message).toContain(
      "CODEX_ACCESS_TOKEN",
    );
  });

  /** Whose login does not work in it, and what the error says to use. */
  const claude = ["openai", "custom"] as const;
  const key = ["anthropic", "openai"] as const;
  test.each<[variable: string, refused: readonly ProviderName[], says: string]>([
    ["CODEX_ACCESS_TOKEN", PROVIDERS, "`codex`"],
    ["ANTHROPIC_AUTH_TOKEN", key, "preferred to any login"],
    ["ANTHROPIC_API_KEY", key, "takes an API key"],
    ["OPENAI_API_KEY", key, "takes an API key"],
    ["CODEX_API_KEY", key, "takes an API key"],
    ["CLAUDE_CODE_OAUTH_TOKEN", claude, "for a Claude login"],
    ["ANTHROPIC_OAUTH_TOKEN", claude, "for a Claude login"],
    ["MY_OAUTH_TOKEN", [], ""],
  ])("%s does not take the token of %j", (variable, refused, says) => {
    for (const provider of PROVIDERS) {
      const use = () => targetsFor(named(`env:${variable}`), provider);
      if (!refused.includes(provider)) {
        expect(use()).toEqual([{ name: "env", variable }]);
        continue;
      }
      const { code, message } = failureOf(use);
      expect([code, message.includes(variable), message.includes(says)]).toEqual(["input-invalid", true, true]);
      expect(message).toMatch(/Use |Name /);
      // What is advised is possible.
      for (const [, advised = ""] of message.matchAll(/`(env:[A-Z_]+)`/g)) {
        if (advised !== "env:NAME") expect(() => targetsFor(named(advised), provider)).not.toThrow();
      }
    }
  });

  test.each(PROVIDERS)("output and a named variable take every token: %s", (provider) => {
    expect(targetsFor(named("output,env:MINE"), provider)).toHaveLength(2);
  });

  const pairs = Object.entries(PROGRAMS).flatMap(([program, providers]) =>
    PROVIDERS.map(
      (provider) => [program, provider, (providers as readonly ProviderName[]).includes(provider)] as const,
    ),
  );
  test.each(pairs)("%s with a login of %s: %s", (program, provider, fits) => {
    if (fits) {
      expect(targetsFor(named(program), provider)).toEqual([{ name: program }]);
      return;
    }
    const failure = failureOf(() => targetsFor(named(program), provider));
    expect(failure.code).toBe("input-invalid");
    expect(failure.message).toContain(program);
    expect(failure.message).toContain(provider);
  });

  test("everything that does not fit is told in one go", () => {
    const { message } = failureOf(() => targetsFor(named("claude,pi,env,opencode"), "custom"));
    for (const name of ["claude", "pi", "env", "opencode"]) expect(message).toContain(name);
  });
});
