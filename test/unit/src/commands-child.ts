/**
 * Says and keeps the values that come on stdin, by our own runner (argv: `ours`) or by @actions/core (`core`), so
 * that a test can compare what the two print and write.
 */
import { readFileSync } from "node:fs";
import * as core from "@actions/core";
import { githubRunner } from "../../../src/runner/commands.ts";

const values = JSON.parse(readFileSync(0, "utf8")) as string[];
const ours = githubRunner(process.env);
const title = "oauth-creds";

const OURS = {
  notice: ours.notice,
  warning: ours.warning,
  error: (text: string) => ours.error(text, `t${text}`),
  mask: (text: string) => ours.mask([text]),
  log: ours.log,
  output: (name: string, value: string) => ours.outputs({ [name]: value }),
  state: ours.state,
  variable: ours.variable,
  summary: ours.summary,
};
const CORE: typeof OURS = {
  notice: (text) => core.notice(text, { title }),
  warning: (text) => core.warning(text, { title }),
  error: (text) => core.error(text, { title: `t${text}` }),
  mask: core.setSecret,
  log: core.info,
  output: core.setOutput,
  state: core.saveState,
  variable: core.exportVariable,
  summary: (text) => void core.summary.addRaw(text),
};

const runner = process.argv[2] === "ours" ? OURS : CORE;
for (const [i, value] of values.entries()) {
  runner.log(`${i}`);
  runner.notice(value);
  runner.warning(value);
  runner.error(value);
  if (value.trim() !== "") runner.mask(value);
  runner.summary(value);
  // One that holds several lines is refused by ours: the test looks at that by itself.
  if (/[\r\n]/.test(value)) continue;
  runner.output(`name-${i}`, value);
  runner.state(`name-${i}`, value);
  runner.variable(`NAME_${i}`, value);
}
if (runner === CORE) await core.summary.write();
