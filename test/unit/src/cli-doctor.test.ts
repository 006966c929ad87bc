/** The parts of `doctor` that judge: classes, their order, looks of credentials, clocks, and what only a Mac has. */
import { randomBytes, X509Certificate } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type DetailedPeerCertificate, rootCertificates } from "node:tls";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { isPublic, issuerOf } from "../../../src/cli/doctor/authority.ts";
import { type Check, CLASSES, type ClassCode, info, ok, wrong } from "../../../src/cli/doctor/check.ts";
import { watchClocks } from "../../../src/cli/doctor/clock.ts";
import { classOf } from "../../../src/cli/doctor/credential.ts";
import { madeUpLogin } from "../../../src/cli/doctor/made-up.ts";
import { programChecks } from "../../../src/cli/doctor/programs.ts";
import { asData, asText, exitOf, first } from "../../../src/cli/doctor/report.ts";
import { programFiles } from "../../../src/cli/status/machine.ts";
import { PRODUCED_BY, STUBBED } from "../../cli/doctor-classes.ts";
import { makeTls } from "../../support/net/tls.ts";
import { answer, fakeWorld, HOUR, inputsOf, MINUTE, newLogin, NOW, SECOND, tempFolder } from "./support.ts";

const ROOT = join(import.meta.dirname, "../../..");
const CODES = Object.keys(CLASSES) as ClassCode[];

interface Workflow {
  readonly jobs: Readonly<
    Record<string, { readonly "runs-on"?: string; readonly steps?: { readonly run?: string }[] }>
  >;
}

describe("classes", () => {
  test("each has an entry of its own in docs/doctor.md, and no other has", () => {
    const text = readFileSync(join(ROOT, "docs/doctor.md"), "utf8");
    const entries = [...text.matchAll(/^### (.+)\n\n- \*\*You see:\*\* .+\n- \*\*Means:\*\* .+\n- \*\*Do:\*\* .+$/gm)];
    expect(entries.map(([, code]) => code).toSorted()).toEqual(CODES.toSorted());
  });

  // The files themselves fail where a class of theirs is not what a run has shown.
  test("each is produced by a run of the program in a file that checks it, but for the Keychain's", () => {
    const folder = join(ROOT, "test/cli");
    const checking = new Set(
      readdirSync(folder).filter(
        (name) =>
          /^doctor.*\.test\.ts$/.test(name) &&
          readFileSync(join(folder, name), "utf8").endsWith("\n\ncoversItsClasses(import.meta.filename);\n"),
      ),
    );
    expect(Object.keys(PRODUCED_BY).toSorted()).toEqual(CODES.toSorted());
    expect(CODES.filter((code) => !checking.has(PRODUCED_BY[code]))).toEqual(["keychain-item"]);
    expect(PRODUCED_BY["keychain-item"]).toBe(STUBBED);
    // A real Keychain is asked where there is one.
    const ci = parse(readFileSync(join(ROOT, ".github/workflows/ci.yml"), "utf8")) as Workflow;
    const { "runs-on": system, steps = [] } = ci.jobs["keychain"] ?? {};
    expect(system).toMatch(/^macos-/);
    expect(steps.map(({ run = "" }) => run).join("\n")).toMatch(/cli\.mjs doctor --json[^]*"keychain-item"/);
  });
});

describe("what to do first, and the exit code", () => {
  const fails = (code: ClassCode, subject: Check["subject"] = "Provider") => wrong(subject, code, code, `mend ${code}`);
  test.each<[ClassCode, number, ClassCode[]]>([
    ["input-invalid", 2, ["revoked", "secret-forbidden", "input-invalid"]],
    ["revoked", 3, ["throttled", "secret-forbidden", "revoked", "clock-skew"]],
    ["secret-forbidden", 5, ["throttled", "clock-skew", "secret-forbidden"]],
    ["clock-skew", 1, ["usage-limit", "clock-skew"]],
    ["throttled", 4, ["throttled"]],
  ])("%s (%i) of %j", (code, exit, codes) => {
    const checks = codes.map((each) => fails(each));
    expect([first(checks)?.code, exitOf(checks)]).toEqual([code, exit]);
    expect(asText(checks)).toMatch(new RegExp(`\\nFirst: mend ${code} \\[${code}\\]$`));
  });

  test("of two of one kind, the one that is shown first; warnings are no failure", () => {
    const checks = [fails("shadowed-setting", "Programs"), fails("clock-skew", "Network")];
    expect(first(checks)?.code).toBe("clock-skew");
    const warned = [ok("Settings", "a"), info("GitHub", "b"), wrong("Credential", "ends-soon", "c", "d", "warn")];
    expect([first(warned)?.code, exitOf(warned)]).toEqual(["ends-soon", 0]);
    expect(exitOf([ok("Settings", "a")])).toBe(0);
    expect(asText([ok("Settings", "a")])).toMatch(/Nothing is wrong, as far as can be seen from here\.$/);
  });

  test("what was met twice is said once, in groups", () => {
    const twice = [fails("proxy-refused", "Network"), ok("Settings", "a"), fails("proxy-refused", "Network")];
    expect(asData(twice)["checks"]).toMatchObject([{ subject: "settings" }, { subject: "network" }]);
    expect(asText(twice).match(/✗/g)).toHaveLength(1);
  });
});

test("the look of any text has a class, whatever it is", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.string().map((text) => `oc1.${text}`),
      ),
      async (text) => {
        expect(CODES).toContain(await classOf(text));
      },
    ),
  );
});

describe("clocks", () => {
  const after = async (aheadMs: number, slowMs = 0) => {
    const world = fakeWorld({
      http: async () => {
        world.pass(slowMs);
        return { ...answer(200, {}), date: Math.floor((world.now() + aheadMs) / 1000) * 1000 };
      },
    });
    const { world: watched, checks } = watchClocks(world);
    await watched.http({ method: "GET", url: "https://one.example/", headers: {}, timeoutMs: 1000 });
    return checks()[0];
  };
  test.each([
    [0, 0, "ok", undefined],
    [29 * SECOND, 0, "ok", undefined],
    [31 * SECOND, 0, "warn", "clock-skew"],
    [-32 * SECOND, 0, "warn", "clock-skew"],
    [5 * MINUTE, 0, "fail", "clock-skew"],
    [-HOUR, 0, "fail", "clock-skew"],
    // Written down anywhere between the request and its answer.
    [-MINUTE, 2 * MINUTE, "ok", undefined],
  ])("a server that is %i ms ahead, and takes %i ms", async (aheadMs, slowMs, level, code) => {
    expect(await after(aheadMs, slowMs)).toMatchObject({ level, code });
  });

  test("no answer, nothing said", () => {
    expect(watchClocks(fakeWorld()).checks()).toEqual([]);
  });
});

describe("authorities", () => {
  const asPeer = (pem: string, more: object = {}) => {
    const { raw } = new X509Certificate(pem);
    return { raw, issuer: {}, ...more } as unknown as DetailedPeerCertificate;
  };
  test("one that comes with Node is known, behind any number of others; another is not", async () => {
    const { cert, ca } = await makeTls();
    const root = asPeer(rootCertificates[7] ?? "");
    expect(isPublic(asPeer(cert, { issuerCertificate: asPeer(ca, { issuerCertificate: root }) }))).toBe(true);
    expect(isPublic(asPeer(cert, { issuerCertificate: asPeer(ca) }))).toBe(false);
    const loop = asPeer(ca);
    Object.assign(loop, { issuerCertificate: loop });
    expect(isPublic(loop)).toBe(false);
  });

  test("its name is shown only if it is one", () => {
    const named = (issuer: object) => issuerOf({ issuer } as DetailedPeerCertificate);
    expect(named({ O: "Example Trust, Inc.", CN: "x" })).toBe("Example Trust, Inc.");
    expect(named({ CN: "Proxy CA" })).toBe("Proxy CA");
    expect(named({ CN: "::add-mask::x\n" })).toBe("an authority without a plain name");
    expect(named({})).toBe("an authority without a plain name");
  });
});

test("a made-up login has the look of a real one, and is another one each time", () => {
  const world = fakeWorld();
  for (const [provider, refresh, access] of [
    ["anthropic", /^sk-ant-ort01-[\w-]{80,}$/, /^sk-ant-oat01-[\w-]{80,}$/],
    ["openai", /^rt_[\w-]{80,}$/, /^[\w-]+\.[\w-]+\.[\w-]+$/],
    ["custom", /^[\w-]{80,}$/, /^[\w-]{80,}$/],
  ] as const) {
    const [one, two] = [madeUpLogin(world, provider), madeUpLogin(world, provider, { clientId: "client" })];
    expect(one.refresh.reveal()).toMatch(refresh);
    expect(one.access.reveal()).toMatch(access);
    expect(one.refresh.reveal()).not.toBe(two.refresh.reveal());
    expect(two).toMatchObject({ provider, clientId: "client" });
  }
});

/** There is no Keychain to be asked on other systems: here the answer of its program is made up. */
async function onAMac(status: number) {
  const home = tempFolder();
  const run = async () => ({ status, missing: false, stdout: "", stderr: "" });
  const world = fakeWorld({ env: { HOME: home }, platform: "darwin", run });
  const inputs = inputsOf({ credential: `sk-ant-oat01-${randomBytes(60).toString("base64url")}` });
  const given = newLogin({ accessExpiresAt: NOW + HOUR });
  const found = await programChecks(world, inputs, await programFiles(world, inputs), given);
  return found.filter(({ code }) => code === "keychain-item");
}

test("keychain-item (a stub): the program prefers what stands in the Keychain", async () => {
  expect(await onAMac(44), "no such item").toEqual([]);
  expect(await onAMac(0)).toMatchObject([
    { level: "fail", advice: expect.stringContaining("security delete-generic") },
  ]);
});
