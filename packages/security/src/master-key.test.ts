import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { generateMasterKeyText, parseMasterKey, parseMasterKeyring } from "./master-key.ts";

const text = Buffer.from(Array.from({ length: 32 }, (_, index) => index)).toString("base64");

describe("parseMasterKey", () => {
  it("generated text · is 32 bytes, another one each time", () => {
    const [one, two] = [generateMasterKeyText(), generateMasterKeyText()];
    expect(parseMasterKey(one).key).toHaveLength(32);
    expect(one).not.toBe(two);
    expect(parseMasterKey(one).id).not.toBe(parseMasterKey(two).id);
  });

  it("id · is 16 hex digits, the same for the same key, and no part of it", () => {
    const { id, key } = parseMasterKey(text);
    expect(id).toMatch(/^[0-9a-f]{16}$/);
    expect(parseMasterKey(text).id).toBe(id);
    expect(key.toString("hex")).not.toContain(id);
  });

  it.each([
    ["empty", ""],
    ["31 bytes", Buffer.alloc(31, "ab").toString("base64")],
    ["33 bytes", Buffer.alloc(33, "ab").toString("base64")],
    ["hex", Buffer.from(text, "base64").toString("hex")],
    ["no padding", text.slice(0, -1)],
    ["a space inside", `${text.slice(0, 9)} ${text.slice(9)}`],
    ["a line break behind", `${text}\n`],
    ["bits beyond the last byte", `${text.slice(0, -2)}9=`],
    ["zeros", Buffer.alloc(32).toString("base64")],
    ["a repeated letter", Buffer.alloc(32, "a").toString("base64")],
  ])("%s · is refused without quoting it", (_title, wrong) => {
    expect(() => parseMasterKey(wrong)).toThrow(/^is (not 32 bytes in base64|a placeholder)/);
    if (wrong !== "") expect(() => parseMasterKey(wrong)).not.toThrow(wrong);
  });

  it("printing · shows the id only", () => {
    const masterKey = parseMasterKey(text);
    const printed = [JSON.stringify({ masterKey }), inspect({ masterKey }, { depth: 5, showHidden: true })];
    for (const print of printed) {
      expect(print).toContain(masterKey.id);
      expect(print).not.toMatch(/Buffer|\bdata\b|00 01 02|000102/);
    }
  });
});

describe("parseMasterKeyring", () => {
  it("previous keys · are read in order, without blanks and without the current one", () => {
    const [old, older] = [generateMasterKeyText(), generateMasterKeyText()];
    const keyring = parseMasterKeyring({ current: text, previous: ` ${old}, ${older},,${text}` });
    expect(keyring.current.id).toBe(parseMasterKey(text).id);
    expect(keyring.previous.map(({ id }) => id)).toEqual([old, older].map((key) => parseMasterKey(key).id));
  });

  it("no previous keys · is a keyring of one", () => {
    expect(parseMasterKeyring({ current: text, previous: "" }).previous).toEqual([]);
  });

  it("malformed previous key · is refused", () => {
    expect(() => parseMasterKeyring({ current: text, previous: "short" })).toThrow(/is not 32 bytes/);
  });
});
