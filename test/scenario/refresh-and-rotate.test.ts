import { afterEach, expect, test } from "vitest";
import { claudeFile, envelopeOf, SECRET, type Stage, stage } from "./stage.ts";

let here: Stage;
afterEach(() => here.close());

test("an expired login is renewed, stored, and written; the next job needs no network", async () => {
  here = await stage();
  const login = await here.signIn();
  const first = await here.run();
  console.log(first.main.log, first.post.log, first.main.outputs, first.main.summary);
  console.log(here.github.requests.map((r) => `${r.method} ${r.path} ${r.status}`));
  console.log(here.github.history(SECRET).length, envelopeOf(here.secret()).credential.generation, login.refreshToken.length);
});
