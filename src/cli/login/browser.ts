import { withoutInputs } from "../../world/programs.ts";
import type { World } from "../../world/world.ts";

type Env = World["env"];

/** A program that opens an address, and its arguments before that. */
export interface Opener {
  readonly file: string;
  readonly args: readonly string[];
}

/**
 * What opens a web address here, in the order of trying; none where there is no screen. None of them is a shell, and
 * none reads the address as anything but one argument.
 */
export function openersOf(platform: string, env: Env): Opener[] {
  if (platform === "darwin") return [{ file: "/usr/bin/open", args: [] }];
  const dll = "url.dll,FileProtocolHandler";
  if (platform === "win32") {
    const root = env["SystemRoot"] || "C:\\Windows";
    return [{ file: `${root}\\System32\\rundll32.exe`, args: [dll] }];
  }
  // Linux inside Windows: the browser is the one outside.
  if (env["WSL_DISTRO_NAME"] || env["WSL_INTEROP"]) {
    return [
      { file: "wslview", args: [] },
      { file: "/mnt/c/Windows/System32/rundll32.exe", args: [dll] },
    ];
  }
  const screen = env["DISPLAY"] || env["WAYLAND_DISPLAY"] || env["BROWSER"];
  return screen ? [{ file: "xdg-open", args: [] }] : [];
}

/** Opens the address in the person's browser; false if that certainly did not work. */
export async function openBrowser(
  { platform, env }: Pick<World, "platform" | "env">,
  address: string,
): Promise<boolean> {
  // From a URL object, so without a space or a quote; and no file, no option, no program.
  const { href, protocol } = new URL(address);
  if (protocol !== "https:" && protocol !== "http:") return false;
  for (const { file, args } of openersOf(platform, env)) if (await starts(file, [...args, href], env)) return true;
  return false;
}

/** It may live on as the browser itself, so it is not waited for: only a quick failure counts. */
function starts(file: string, args: readonly string[], env: Env): Promise<boolean> {
  const { spawn } = process.getBuiltinModule("node:child_process");
  return new Promise((resolve) => {
    const child = spawn(file, args, { env: withoutInputs(env), stdio: "ignore", detached: true, windowsHide: true });
    const timer = setTimeout(() => resolve(true), 1500);
    const end = (good: boolean) => {
      clearTimeout(timer);
      resolve(good);
    };
    child.once("error", () => end(false)).once("exit", (status) => end(status === 0));
    child.unref();
  });
}
