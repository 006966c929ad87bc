/** What a new process is started with. */
export interface Started {
  readonly file: string;
  readonly args: readonly string[];
  /** The arguments are one command line already. */
  readonly verbatim: boolean;
}

/**
 * How Windows starts a program by its name. What npm installs is a `.cmd` file, which only the command line
 * interpreter can run: it gets a line in which nothing has a meaning of its own.
 * Gives what it was given if there is no such program, or if an argument could not be quoted with certainty.
 *
 * @param exists whether there is such a file
 */
export function windowsCommand(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  exists: (path: string) => boolean,
): Started {
  const { extname, join } = process.getBuiltinModule("node:path").win32;
  const given = { file: command, args, verbatim: false };
  const valueOf = (name: string) => Object.entries(env).find(([other]) => other.toUpperCase() === name)?.[1];
  const endings = (valueOf("PATHEXT") || ".COM;.EXE;.BAT;.CMD").split(";");
  const found = (valueOf("PATH") ?? "")
    .split(";")
    .filter((folder) => folder !== "" && !/[\\/]/.test(command))
    .flatMap((folder) => endings.map((ending) => join(folder, `${command}${ending}`)))
    .find(exists);
  if (found === undefined) return given;
  if (!/^\.(cmd|bat)$/i.test(extname(found))) return { ...given, file: found };
  if ([found, ...args].some((part) => /["%!^\r\n]|\\$/.test(part))) return given;
  const line = [found, ...args].map((part) => `"${part}"`).join(" ");
  // Without /s the outer quotes would count as those of the first part.
  return { file: valueOf("COMSPEC") || "cmd.exe", args: ["/d", "/s", "/c", `"${line}"`], verbatim: true };
}
