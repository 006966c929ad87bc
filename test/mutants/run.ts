/** Puts one mutant after the other into a copy of the product, and runs the tests that must notice it. */
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { build } from "rolldown";
import config from "../../rolldown.config.ts";
import { type Mutant, MUTANTS } from "./mutants.ts";

const root = join(import.meta.dirname, "..", "..");
const workshop = join(root, ".cache", "mutants");
const only = process.argv[2];

let killed = 0;
let survived = 0;
const queue = MUTANTS.map((mutant, index) => ({ mutant, index })).filter(
  ({ mutant }) => !only || mutant.says.includes(only),
);
// Two at a time: each run starts many processes of its own.
await Promise.all([worker(), worker()]);
rmSync(workshop, { recursive: true, force: true });
console.log(`${killed} passed, ${survived} failed`);
process.exitCode = survived === 0 && killed > 0 ? 0 : 1;

async function worker(): Promise<void> {
  for (let next = queue.shift(); next; next = queue.shift()) {
    const { mutant, index } = next;
    const problem = await survives(mutant, join(workshop, String(index)));
    if (problem) survived++;
    else killed++;
    console.log(`${problem ? "SURVIVED" : "noticed "}  ${mutant.says}${problem ? `: ${problem}` : ""}`);
  }
}

/** Why the mutant was not noticed, or undefined if it was. */
async function survives(mutant: Mutant, folder: string): Promise<string | undefined> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(join(root, "src"), join(folder, "src"), { recursive: true });
  cpSync(join(root, "action.yml"), join(folder, "action.yml"));
  const file = join(folder, mutant.file);
  const text = readFileSync(file, "utf8");
  if (!text.includes(mutant.find)) return "the code that it changes is not there any more";
  writeFileSync(
    file,
    text.replace(mutant.find, () => mutant.replace),
  );
  const suite = mutant.by.split("/")[1] ?? "";
  if (suite === "unit") {
    // They import the sources that lie beside them.
    for (const name of ["test", "vitest.config.ts", "scripts", "package.json"]) {
      cpSync(join(root, name), join(folder, name), { recursive: true });
    }
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  } else {
    const settings = config as { output: object };
    await build({
      ...(config as object),
      cwd: folder,
      output: { ...settings.output, dir: join(folder, "dist") },
      logLevel: "silent",
    });
  }
  const output = await vitest(mutant, suite, suite === "unit" ? folder : root, join(folder, "action.yml"));
  const failed = Number(/Tests\s+(\d+) failed/.exec(output)?.[1] ?? 0);
  const passed = Number(/(\d+) passed/.exec(/Tests.*/.exec(output)?.[0] ?? "")?.[1] ?? 0);
  if (failed > 0) return undefined;
  return passed > 0 ? `${passed} tests passed` : "no test ran";
}

function vitest(mutant: Mutant, suite: string, cwd: string, action: string): Promise<string> {
  const cli = join(root, "node_modules", "vitest", "vitest.mjs");
  const project = suite === "unit" ? [] : ["--project", suite];
  const args = [cli, "run", ...project, mutant.by, "-t", mutant.tests, "--reporter=default"];
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...process.env, OAUTH_CREDS_ACTION: action, NO_COLOR: "1", CI: "1" },
  });
  const parts: Buffer[] = [];
  child.stdout.on("data", (part: Buffer) => parts.push(part));
  child.stderr.on("data", (part: Buffer) => parts.push(part));
  return new Promise((resolve) =>
    child.on("close", () => resolve(stripVTControlCharacters(Buffer.concat(parts).toString()))),
  );
}
