/** How Windows starts what npm has installed: worked out here, as Windows itself would only say that it failed. */
import { describe, expect, test } from "vitest";
import { windowsCommand } from "../../../src/world/windows-command.ts";

const ENV = { Path: "C:\\a;;C:\\Program Files\\nodejs", PATHEXT: ".COM;.EXE;.CMD", ComSpec: "C:\\cmd.exe" };
const start = (present: string[], args: string[] = ["--version"], command = "openclaw", env: object = ENV) =>
  windowsCommand(command, args, { ...env }, (path) => present.includes(path));

describe("a program's name on Windows", () => {
  test("one of npm's is started by the interpreter, on a line of its own", () => {
    expect(start(["C:\\Program Files\\nodejs\\openclaw.CMD"], ["a", "b c&d"])).toEqual({
      file: "C:\\cmd.exe",
      args: ["/d", "/s", "/c", '""C:\\Program Files\\nodejs\\openclaw.CMD" "a" "b c&d""'],
      verbatim: true,
    });
  });

  test("an executable is started as it is, and comes first", () => {
    expect(start(["C:\\a\\openclaw.CMD", "C:\\a\\openclaw.EXE"])).toEqual({
      file: "C:\\a\\openclaw.EXE",
      args: ["--version"],
      verbatim: false,
    });
  });

  test("the first folder counts", () => {
    expect(start(["C:\\Program Files\\nodejs\\openclaw.EXE", "C:\\a\\openclaw.CMD"]).args.at(-1)).toContain("C:\\a\\");
  });

  test("without its variables, Windows has its own endings and interpreter", () => {
    expect(start(["C:\\a\\openclaw.CMD"], [], "openclaw", { PATH: "C:\\a" })).toMatchObject({ file: "cmd.exe" });
  });

  test.each([
    ["no such program", [], ["x"], "openclaw"],
    ["a path", ["C:\\a\\C:\\openclaw.CMD"], ["x"], "C:\\openclaw"],
    ["a quote", ["C:\\a\\openclaw.CMD"], ['"'], "openclaw"],
    ["a variable", ["C:\\a\\openclaw.CMD"], ["%PATH%"], "openclaw"],
    ["a line break", ["C:\\a\\openclaw.CMD"], ["a\nb"], "openclaw"],
    ["a backslash before the quote", ["C:\\a\\openclaw.CMD"], ["a\\"], "openclaw"],
  ])("%s: as given", (_, present, args, command) => {
    expect(start(present, args, command)).toEqual({ file: command, args, verbatim: false });
  });
});
