import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { generateApiKey, parseApiKey } from "./api-key.ts";

/** Computed with `sha256sum`, independently of this code: 20 bytes 00 01 … 13, then 4 bytes of their SHA-256. */
const knownText = "pk_000102030405060708090a0b0c0d0e0f10111213e7aebf57";
const knownHash = "7dd4126ab3060fbd64a10521d2d6eea2260e97c155e1e7dd436fe1d83fd622f5";

describe("generateApiKey", () => {
  it("text · is pk_ and 48 hex digits whose last eight are the checksum", () => {
    const { text } = generateApiKey();
    expect(text).toMatch(/^pk_[0-9a-f]{48}$/);
    const random = Buffer.from(text.slice(3, 43), "hex");
    expect(text.slice(43)).toBe(createHash("sha256").update(random).digest("hex").slice(0, 8));
  });

  it("hash and prefix · belong to the text", () => {
    const { text, hash, prefix } = generateApiKey();
    expect(hash).toBe(createHash("sha256").update(text).digest("hex"));
    expect(prefix).toBe(text.slice(0, 11));
    expect(parseApiKey(text)).toEqual({ kind: "well-formed", hash });
  });

  it("many · are all different", () => {
    const texts = new Set(Array.from({ length: 1_000 }, () => generateApiKey().text));
    expect(texts.size).toBe(1_000);
  });
});

describe("parseApiKey", () => {
  it("a hash that is known · vouches for the checksum, and for nothing else", () => {
    const wrongChecksum = knownText.slice(0, -1) + (knownText.endsWith("0") ? "1" : "0");
    const asked: string[] = [];
    const parse = (text: string, known: boolean) =>
      parseApiKey(text, (hash) => {
        asked.push(hash);
        return known;
      }).kind;
    expect(parse(knownText, false)).toBe("well-formed");
    expect(asked).toEqual([knownHash]);
    expect([parse(wrongChecksum, true), parse(wrongChecksum, false)]).toEqual(["well-formed", "malformed"]);
    expect(parse(knownText.toUpperCase(), true)).toBe("malformed");
  });

  it("known key · has the known hash", () => {
    expect(parseApiKey(knownText)).toEqual({ kind: "well-formed", hash: knownHash });
  });

  it("any one bit changed · is malformed or another key", () => {
    fc.assert(
      fc.property(fc.nat({ max: 50 }), fc.nat({ max: 7 }), (index, bit) => {
        const { text, hash } = generateApiKey();
        const bytes = Buffer.from(text, "latin1");
        bytes.writeUInt8(bytes.readUInt8(index) ^ (1 << bit), index);
        const parsed = parseApiKey(bytes.toString("latin1"));
        expect(parsed.kind === "malformed" || parsed.hash !== hash).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it("one hex digit mistyped · is malformed, without a query", () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 50 }), fc.integer({ min: 1, max: 15 }), (index, shift) => {
        const { text } = generateApiKey();
        const digit = (Number.parseInt(text.charAt(index), 16) + shift) % 16;
        const mistyped = text.slice(0, index) + digit.toString(16) + text.slice(index + 1);
        expect(parseApiKey(mistyped)).toEqual({ kind: "malformed" });
      }),
    );
  });

  it.each([
    ["nothing", ""],
    ["the prefix alone", "pk_"],
    ["a provider's key", "sk-proj-0123456789abcdef0123456789abcdef0123456789ab"],
    ["an invented key", `pk_${"0".repeat(48)}`],
    ["upper case", knownText.toUpperCase().replace("PK_", "pk_")],
    ["upper case before the checksum", knownText.replace("0a0b0c", "0A0B0C")],
    ["one digit short", knownText.slice(0, -1)],
    ["one digit more", `${knownText}0`],
    ["a space in front", ` ${knownText}`],
    ["a line break behind", `${knownText}\n`],
    ["another prefix", knownText.replace("pk_", "pk-")],
    ["full-width digits", knownText.replace("0", "０")],
    ["a NUL inside", knownText.replace("0", "\0")],
  ])("%s · is malformed", (_title, text) => {
    expect(parseApiKey(text)).toEqual({ kind: "malformed" });
  });

  it("any other text · is malformed", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(parseApiKey(text)).toEqual({ kind: "malformed" });
      }),
    );
  });
});
