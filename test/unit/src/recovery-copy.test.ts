import { createDecipheriv, createHmac, hkdfSync, randomBytes } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { StoredLocation } from "../../../src/credential/envelope.ts";
import {
  type CopyRefusal,
  type CopySite,
  describeCopy,
  entryName,
  needsCopy,
  newRecoveryKey,
  openCopy,
  type RecoveryKey,
  sealCopy,
} from "../../../src/recovery/copy.ts";
import { placeOfSecret } from "../../../src/recovery/place.ts";
import { recoverySection } from "../../../src/recovery/say.ts";
import { Secret } from "../../../src/secret.ts";
import { claudeToken, newChatGpt, newLogin, newToken, NOW, pieceOf, word } from "./support.ts";

const random = (bytes: number) => randomBytes(bytes);
const newKey = (from: RecoveryKey["from"] = "envelope"): RecoveryKey => ({ from, key: newRecoveryKey(random) });
const SITE: CopySite & { label: string } = {
  provider: "anthropic",
  account: "default",
  place: "secret repository/login of 42",
  label: "the repository secret LOGIN of octo/demo",
};
const spentToken = () => new Secret(newToken("ort"));

interface Sealed {
  readonly key: RecoveryKey;
  readonly spent: Secret;
  readonly text: string;
}

function sealed(key = newKey(), spent = spentToken(), next = newLogin()): Sealed {
  return { key, spent, text: sealCopy(next, spent, key, SITE, NOW, random) };
}

/** How it is refused, or that it opens. */
function opening(text: string, { key, spent }: Omit<Sealed, "text">, site: CopySite = SITE): CopyRefusal | "opened" {
  const result = openCopy(text, key, site, spent);
  return result.type === "opened" ? "opened" : result.why;
}

/** The same bytes with one bit turned, in each of the segments. */
function* turned(text: string): Generator<string> {
  const [prefix, ...segments] = text.split(".");
  for (const [index, segment] of segments.entries()) {
    const bytes = Buffer.from(segment, "base64url");
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const altered = Buffer.from(bytes);
      altered[bit >> 3] = (altered[bit >> 3] as number) ^ (1 << (bit & 7));
      yield [prefix, ...segments.with(index, altered.toString("base64url"))].join(".");
    }
  }
}

describe("what comes back", () => {
  test("is what was sealed: any login, by either kind of key", () => {
    const login = fc.record({
      access: claudeToken("oat"),
      refresh: claudeToken("ort"),
      spent: claudeToken("ort"),
      generation: fc.nat(),
      account: word(1, 64),
      from: fc.constantFrom<RecoveryKey["from"]>("ledger", "envelope"),
      organization: fc.string({ unit: "grapheme" }),
    });
    fc.assert(
      fc.property(login, ({ access, refresh, spent, generation, account, from, organization }) => {
        fc.pre(refresh !== spent);
        const next = newLogin({
          access: new Secret(access),
          refresh: new Secret(refresh),
          generation,
          other: { organization },
        });
        const key = newKey(from);
        const site = { ...SITE, account };
        const text = sealCopy(next, new Secret(spent), key, site, NOW, random);
        const result = openCopy(text, key, site, new Secret(spent));
        expect(result.type === "opened" && result.credential.access?.reveal()).toBe(access);
        expect(result.type === "opened" && result.credential.refresh?.reveal()).toBe(refresh);
        expect(result.type === "opened" && result.credential).toMatchObject({ generation, other: { organization } });
        expect(result.type === "opened" && result.at).toBe(NOW);
      }),
      { numRuns: 60 },
    );
  });

  test("of another provider, with all that belongs to its login", () => {
    const [key, spent, next] = [newKey("ledger"), spentToken(), newChatGpt({ generation: 4 })];
    const site = { ...SITE, provider: "openai" as const };
    const result = openCopy(sealCopy(next, spent, key, site, NOW, random), key, site, spent);
    expect(result.type === "opened" && result.credential.idToken?.reveal()).toBe(next.idToken?.reveal());
    expect(result.type === "opened" && result.credential.accountId).toBe(next.accountId);
  });

  test("although a person's copying has broken its line or put blanks around it", () => {
    const { text, ...rest } = sealed();
    const broken = `\n  ${text.replaceAll(/.{76}/g, "$&\r\n")}\t`;
    expect(opening(broken, rest)).toBe("opened");
  });
});

test("the format is as it is described: an independent reader, who needs the key and the spent token", () => {
  const { key, spent, text } = sealed(newKey("ledger"));
  const use = (purpose: string, salt: Uint8Array | string = "") => {
    const [ikm, info] = [Buffer.from(key.key.reveal(), "base64url"), `oauth-creds recovery v1 ledger ${purpose}`];
    return Buffer.from(hkdfSync("sha256", ikm, salt, info, 32));
  };
  const mac = (by: Uint8Array, what: string) => createHmac("sha256", by).update(what).digest();
  const [prefix, header = "", proof, body = ""] = text.split(".");
  expect(proof).toBe(mac(use("header"), header).subarray(0, 16).toString("base64url"));
  const bytes = Buffer.from(body, "base64url");
  const open = (contentKey: Buffer) => {
    const decipher = createDecipheriv("aes-256-gcm", contentKey, bytes.subarray(0, 12))
      .setAAD(Buffer.from(`${prefix}.${header}`))
      .setAuthTag(bytes.subarray(12, 28));
    return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString();
  };
  expect(open(use("content", mac(use("predecessor"), spent.reveal())))).toMatch(/^oc1\./);
  expect(() => open(use("content"))).toThrow("authenticate");
  expect(() => open(use("content", mac(use("predecessor"), newToken("ort"))))).toThrow("authenticate");
});

describe("what is refused", () => {
  /** As small as one can be: each bit of it is tried. */
  const small = () => {
    const tokens = { access: new Secret("a"), refresh: new Secret("b"), scopes: undefined, plan: undefined };
    return sealed(newKey(), new Secret("c"), newLogin(tokens));
  };

  test("every bit that is turned", () => {
    const { text, ...rest } = small();
    const seen = new Set<string>();
    for (const altered of turned(text)) seen.add(opening(altered, rest));
    expect([...seen].toSorted()).toEqual(["damaged", "other-key"]); // the latter where it is the key's own name
  });

  test("every character that is another, its spare bits included", () => {
    const { text, ...rest } = small();
    for (let at = 0; at < text.length; at++) {
      const other = text[at] === "A" ? "B" : "A";
      const seen = opening(text.slice(0, at) + other + text.slice(at + 1), rest);
      expect(["damaged", "other-key", "not-a-copy"], `at ${at}`).toContain(seen);
    }
    const [last] = text.slice(-1);
    for (const character of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") {
      if (character !== last) expect(opening(text.slice(0, -1) + character, rest)).toBe("damaged");
    }
  });

  test("one that was cut off, wherever, and one that something was added to", () => {
    const { text, ...rest } = small();
    for (let length = 0; length < text.length; length++) {
      expect(["damaged", "not-a-copy"], `${length}`).toContain(opening(text.slice(0, length), rest));
    }
    for (const more of ["A", "AAAA", ".", ".AAAA"]) expect(opening(text + more, rest)).toBe("damaged");
  });

  test("parts of different copies, of the same key and login too", () => {
    const key = newKey();
    const spent = spentToken();
    const [one, other] = [sealed(key, spent).text.split("."), sealed(key, spent).text.split(".")];
    const later = sealCopy(newLogin(), spent, key, SITE, NOW + 60_000, random).split(".");
    for (let at = 1; at < 4; at++) {
      expect(opening(one.with(at, later[at] as string).join("."), { key, spent })).toBe("damaged");
    }
    const headed = [...one.slice(0, 1), ...later.slice(1, 3), one[3] as string].join("."); // with its own proof
    expect(opening(headed, { key, spent })).toBe("damaged");
    // Two of the same second have the same header: which is which makes no difference.
    expect(opening(one.with(3, other[3] as string).join("."), { key, spent })).toBe("opened");
  });

  test("each wrong binding, as what it is", () => {
    const { text, key, spent } = sealed();
    const by = (change: Partial<Sealed>, site: Partial<CopySite> = {}) =>
      opening(text, { key, spent, ...change }, { ...SITE, ...site });
    expect(by({})).toBe("opened");
    expect(by({ key: newKey() })).toBe("other-key");
    expect(by({ key: { ...key, from: "ledger" } })).toBe("other-key");
    expect(by({ spent: spentToken() })).toBe("other-login");
    expect(by({}, { place: "secret repository/other of 42" })).toBe("other-place");
    expect(by({}, { account: "work" })).toBe("other-account");
    expect(by({}, { provider: "openai" })).toBe("other-provider");
  });

  test("property: nothing but all five of them opens it", () => {
    const places = fc.constantFrom("secret a", "secret b", "github:1:refs/x");
    const accounts = fc.constantFrom("default", "work");
    const providers = fc.constantFrom<CopySite["provider"]>("anthropic", "openai");
    const keys = [newKey("ledger"), newKey("ledger"), newKey("envelope")];
    const tokens = [spentToken(), spentToken()];
    const side = fc.record({
      key: fc.constantFrom(...keys),
      spent: fc.constantFrom(...tokens),
      site: fc.record({ place: places, account: accounts, provider: providers }),
    });
    fc.assert(
      fc.property(side, side, (written, read) => {
        const next = newLogin({ provider: written.site.provider });
        const site = { ...written.site, label: "a place" };
        const text = sealCopy(next, written.spent, written.key, site, NOW, random);
        const same =
          written.key === read.key &&
          written.spent === read.spent &&
          JSON.stringify(written.site) === JSON.stringify(read.site);
        expect(opening(text, read, read.site) === "opened").toBe(same);
      }),
      { numRuns: 200 },
    );
  });

  test("a newer form of it, and texts that are none", () => {
    const { text, ...rest } = sealed();
    expect(opening(text.replace("ocrec1.", "ocrec2."), rest)).toBe("newer-format");
    expect(opening(text.replace("ocrec1.", "ocrec10."), rest)).toBe("newer-format");
    for (const other of ["", "oc1.abc", "ocrec.", "OCREC1.a.b.c", "{}", newToken()]) {
      expect(opening(other, rest)).toBe("not-a-copy");
    }
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const noise = Buffer.from(bytes).toString("latin1");
        expect(opening(`ocrec1.${noise}`, rest)).not.toBe("opened");
        expect(describeCopy(noise)).toBeUndefined();
      }),
    );
  });

  test("one that holds nothing but what was spent: it would lead to itself for ever", () => {
    const spent = spentToken();
    for (const refresh of [new Secret(spent.reveal()), undefined]) {
      const next = newLogin({ refresh, ...(refresh ? {} : { kind: "access" }) });
      expect(needsCopy(next, spent)).toBe(false);
      expect(opening(sealCopy(next, spent, newKey(), SITE, NOW, random), { key: newKey(), spent })).toBe("other-key");
      const key = newKey();
      expect(opening(sealCopy(next, spent, key, SITE, NOW, random), { key, spent })).toBe("no-successor");
    }
    expect(needsCopy(newLogin(), spent)).toBe(true);
  });
});

describe("a row of generations that could not be stored", () => {
  test("one leads to the next, with the one key", () => {
    const key = newKey("ledger");
    const generations = [1, 2, 3, 4].map((generation) => newLogin({ generation }));
    const copies = generations.slice(1).map((next, index) => {
      const spent = generations[index]?.refresh as Secret;
      return { name: entryName(key, "anthropic", spent), text: sealCopy(next, spent, key, SITE, NOW, random) };
    });
    let at = generations[0]?.refresh as Secret;
    const seen: number[] = [];
    for (;;) {
      const copy = copies.find(({ name }) => name === entryName(key, "anthropic", at));
      if (!copy) break;
      const opened = openCopy(copy.text, key, SITE, at);
      if (opened.type !== "opened") throw new Error(opened.why);
      seen.push(opened.credential.generation);
      at = opened.credential.refresh as Secret;
    }
    expect(seen).toEqual([2, 3, 4]);
    // Not backwards, and not past one.
    const [, second, third] = generations.map(({ refresh }) => refresh as Secret);
    expect(opening(copies[0]?.text ?? "", { key, spent: second as Secret })).toBe("other-login");
    expect(opening(copies[1]?.text ?? "", { key, spent: third as Secret })).toBe("other-login");
  });
});

describe("what it reveals", () => {
  test("no piece of a token or of a key, in any of its forms", () => {
    const key = newKey();
    const [spent, next] = [spentToken(), newLogin()];
    const text = sealCopy(next, spent, key, SITE, NOW, random);
    const clear = text
      .split(".")
      .map((segment) => Buffer.from(segment, "base64url").toString("latin1"))
      .join("\n");
    const name = entryName(key, "anthropic", spent);
    for (const secret of [next.access, next.refresh, spent, key.key]) {
      expect(pieceOf(secret?.reveal() ?? "", text + clear + name)).toBeUndefined();
    }
  });

  test("to a person without the key: which login, where and when", () => {
    const { text } = sealed();
    expect(describeCopy(text)).toEqual({
      provider: "anthropic",
      account: "default",
      place: SITE.place,
      label: SITE.label,
      at: NOW,
      from: "envelope",
    });
  });

  test("nothing that could steer a log or a page, whoever wrote the header", () => {
    const label = "x\n::add-mask::a\r\u001b[31m`</summary>[a](http://evil.example) ü";
    const text = sealCopy(newLogin(), spentToken(), newKey(), { ...SITE, label, account: "a\nb" }, NOW, random);
    const header = describeCopy(text);
    expect(header?.label).toBe("x??add-mask?a???31m??/summary??a?(http://evil.example) ?");
    expect(header?.account).toBe("a?b");
    const forged = `ocrec1.${Buffer.from(JSON.stringify({ v: 1, provider: "anthropic", from: "ledger" })).toString("base64url")}.AA.AA`;
    expect(describeCopy(forged)).toBeUndefined();
  });
});

describe("its name in a cache", () => {
  const key = newKey();
  const spent = spentToken();

  test("is told by key, provider and predecessor, and by nothing else", () => {
    const name = entryName(key, "anthropic", spent);
    expect(name).toMatch(/^oauth-creds-recovery-v1-[0-9a-f]{40}$/);
    expect(entryName({ ...key }, "anthropic", new Secret(spent.reveal()))).toBe(name);
    const others = [
      entryName(newKey(), "anthropic", spent),
      entryName({ ...key, from: "ledger" }, "anthropic", spent),
      entryName(key, "openai", spent),
      entryName(key, "anthropic", spentToken()),
    ];
    expect(new Set([name, ...others]).size).toBe(5);
  });

  test("does not say which copy it is: that one tells its predecessor by another hash", () => {
    const { text } = sealed(key, spent);
    const clear = Buffer.from(text.split(".")[1] ?? "", "base64url").toString();
    const name = entryName(key, "anthropic", spent);
    for (let at = 0; at + 8 <= 40; at++) expect(clear).not.toContain(name.slice(-40).slice(at, at + 8));
  });
});

describe("the place of a secret", () => {
  const location: StoredLocation = { kind: "repository", name: "LOGIN", repository: "Octo/Demo", repositoryId: "42" };

  test("outlives a renaming where the id is known, and is the same for any spelling", () => {
    const place = placeOfSecret(location);
    expect(placeOfSecret({ ...location, repository: "octo/renamed", name: "login" })).toBe(place);
    const without = { ...location, repositoryId: undefined };
    expect(placeOfSecret(without)).toBe(placeOfSecret({ ...without, repository: "octo/demo" }));
    expect(placeOfSecret(without)).not.toBe(place);
  });

  test("another repository, kind or name is another place", () => {
    const kind = "environment" as const;
    const places = [
      location,
      { ...location, name: "OTHER" },
      { ...location, repositoryId: "43" },
      { ...location, kind, within: "prod" },
      { ...location, kind, within: "test" },
    ].map(placeOfSecret);
    expect(new Set(places).size).toBe(5);
  });
});

describe("the section of the job summary", () => {
  test.each(["ledger", "envelope"] as const)("holds the copy, and says honestly who can open it (%s)", (from) => {
    const { text, key, spent } = sealed(newKey(from));
    for (const saved of [true, false]) {
      const section = recoverySection(text, saved);
      const line = section.split("\n").find((one) => one.startsWith("ocrec1."));
      expect(opening(line ?? "", { key, spent })).toBe("opened");
      expect(section).toContain("oauth-creds recover");
      expect(section).toContain("<details>");
      expect(section).toContain("</details>");
      expect(section.includes("nothing is to be done")).toBe(saved);
      expect(section.includes("no person, you included")).toBe(from === "envelope");
      expect(section.includes("ocr1_")).toBe(from === "ledger");
      expect(section).toContain(SITE.label);
    }
  });

  test("is there whatever the place is called, and empty for what is no copy", () => {
    const text = sealCopy(newLogin(), spentToken(), newKey(), { ...SITE, label: "Umgebung „Größe“ `x`" }, NOW, random);
    const section = recoverySection(text, true);
    expect(section).toContain(text);
    expect(section.split("```")).toHaveLength(3);
    expect(recoverySection("oc1.abc", true)).toBe("");
  });
});
