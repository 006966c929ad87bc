/**
 * `npm run demo`: the action at work, from a sign-in to the third generation of the login, on this machine alone.
 *
 * Nothing here stands for the action: it is dist/, started as a runner starts it. Every sentence with a ✓ was compared
 * with what happened. Exit code 1 if anything is not as told.
 */
import { renew, setupToken, signIn, useAsItIs } from "./acts.ts";
import { books } from "./books.ts";
import { pass } from "./clock.ts";
import { line, paint, say } from "./paper.ts";
import { HOUR, openScene, type Scene } from "./scene.ts";
import { showMain, showPost } from "./show.ts";
import { NotAsTold } from "./told.ts";
import { die, nextDay, refuse } from "./trouble.ts";

let scene: Scene | undefined;
// Folders go last and whatever happens; steps that still run are ended before that by the runner stand-in.
process.on("exit", () => scene?.removeJobs());
for (const [signal, number] of [
  ["SIGINT", 2],
  ["SIGTERM", 15],
  ["SIGHUP", 1],
] as const) {
  process.on(signal, () => process.exit(128 + number));
}
// `npm run demo | head`: nobody reads on, but the exit code still tells how it went.
process.stdout.on("error", () => {});

try {
  // The story takes 25 hours and ends now.
  pass(-25 * HOUR);
  line(paint("bold", "oauth-creds: 25 hours in the life of a login"));
  line();
  say(
    "What you see is real: the action's own dist/, started as GitHub's runner starts it; a real OAuth server " +
      "(oidc-provider) in Anthropic's place; a GitHub API that opens every sealed secret with libsodium. All of it runs " +
      "on this machine, with invented tokens: no account, no network. Only the clock is ours: it jumps between the acts.",
  );
  scene = await openScene();
  await signIn(scene);
  await renew(scene);
  await useAsItIs(scene);
  await setupToken(scene);
  await refuse(scene, await die(scene));
  await nextDay(scene);
  await books(scene);
} catch (error) {
  process.exitCode = 1;
  line();
  const last = scene?.runs.at(-1);
  if (last) {
    say("The last job that came to its end:");
    showMain(last);
    showPost(last);
  }
  if (error instanceof NotAsTold) line(`${paint(["bold", "red"], "✗ Not as told:")} ${error.message}`);
  else console.error(error);
} finally {
  await scene?.close();
}
