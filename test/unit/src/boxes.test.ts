/** What is sent to each kind of place can be opened by libsodium and, where Python has it, by PyNaCl. */
import { spawnSync } from "node:child_process";
import sodium from "libsodium-wrappers";
import { beforeAll, expect, test } from "vitest";
import { openEnvelope } from "../../../src/credential/envelope.ts";
import { projectAccess } from "../../../src/rotation/projections.ts";
import { unlessRequired } from "../../support/required.ts";
import { paste, renew, stage } from "./places-support.ts";
import { newLogin } from "./support.ts";

beforeAll(() => sodium.ready);

const PYTHON = "/usr/bin/python3";
const hasPyNaCl = unlessRequired("python3-nacl", spawnSync(PYTHON, ["-c", "import nacl.public"]).status === 0);
const SCRIPT = `
import base64, json, sys
from nacl.public import PrivateKey, SealedBox
private, boxes = json.load(sys.stdin)
for box in boxes:
    print(SealedBox(PrivateKey(base64.b64decode(private))).decrypt(base64.b64decode(box)).decode())
`;

const RENEWED = ["LOGIN", "environment/production/LOGIN", "organization/octo/LOGIN"];
const ACCESS = [
  "LOGIN:access",
  "environment/p/LOGIN:access",
  "organization/octo/LOGIN:access",
  "dependabot/LOGIN",
  "codespaces/LOGIN",
  "agents/LOGIN",
];

test.each([...RENEWED, ...ACCESS])("%s", async (place) => {
  const here = await stage({ fullRequestLog: true });
  const secret = place.replace(":access", "");
  paste(here, secret);
  const pair = sodium.crypto_box_keypair();
  const key = Buffer.from(pair.publicKey).toString("base64");
  here.github.fault(
    { path: /public-key$/, times: Infinity },
    { do: "answer", status: 200, body: { key_id: "own", key } },
  );
  here.github.fault({ method: "PUT", times: Infinity }, { do: "answer", status: 204 });
  const login = newLogin();
  const isAccess = !RENEWED.includes(place);
  const settings = { "ledger-key": "ocr1_x" };
  const given = isAccess ? login : (await renew(here, place)).login;
  if (isAccess) await projectAccess(here.world, here.inputs(place, settings), login);

  const puts = here.github.requests.filter(({ method }) => method === "PUT");
  const bodies = puts.map(({ full }) => JSON.parse(full?.body ?? "{}") as { encrypted_value: string; key_id: string });
  expect(new Set(bodies.map(({ key_id: id }) => id))).toEqual(new Set(["own"]));
  const boxes = bodies.map(({ encrypted_value: box }) => box);
  const opened = boxes.map((box) =>
    Buffer.from(sodium.crypto_box_seal_open(Buffer.from(box, "base64"), pair.publicKey, pair.privateKey)).toString(),
  );
  const envelopes = opened.filter((text) => text.startsWith("oc1."));
  expect(envelopes).toHaveLength(1);
  const { credential } = openEnvelope(envelopes[0] ?? "");
  expect(credential.access?.reveal()).toBe(given.access?.reveal());
  expect(credential.refresh?.reveal()).toBe(isAccess ? undefined : given.refresh?.reveal());
  // All the rest is the probe, before the login and after it.
  expect(opened.filter((text) => /holds nothing/.test(text))).toHaveLength(isAccess ? 0 : 2);

  if (!hasPyNaCl) return;
  const input = JSON.stringify([Buffer.from(pair.privateKey).toString("base64"), boxes]);
  const { stdout, stderr, status } = spawnSync(PYTHON, ["-c", SCRIPT], { input, encoding: "utf8" });
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout.split("\n").slice(0, -1)).toEqual(opened);
});
