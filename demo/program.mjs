// The stand-in for Claude Code: it reads the login where Claude Code does, and uses it once.
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const file = join(homedir(), ".claude", ".credentials.json");
const { accessToken } = JSON.parse(readFileSync(file, "utf8")).claudeAiOauth;
console.log(`A careless debug line: using ${accessToken}`);

const answer = await fetch(process.env.WHO_AM_I, { headers: { authorization: `Bearer ${accessToken}` } });
console.log(`GET /api/me: ${answer.status}`);
process.exitCode = answer.ok ? 0 : 1;
