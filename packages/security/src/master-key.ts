import { createHmac, randomBytes } from "node:crypto";

/** Length of a master key in bytes: AES-256. */
const masterKeyLength = 32;

const idLabel = "perpetuo master key id v1";
const idHexLength = 16;
const inspectSymbol = Symbol.for("nodejs.util.inspect.custom");

/**
 * The operator's key, which wraps every workspace's data key. Printing one shows its id only.
 * An instance does not survive `structuredClone`, so threads are given the text and parse it themselves.
 */
export class MasterKey {
  /** 16 hex digits derived one-way from the key; stored beside what the key wraps. */
  readonly id: string;
  readonly key: Buffer;

  constructor(key: Buffer) {
    this.key = key;
    this.id = createHmac("sha256", key).update(idLabel).digest("hex").slice(0, idHexLength);
  }

  toJSON(): { id: string } {
    return { id: this.id };
  }

  [inspectSymbol](): string {
    return `MasterKey ${this.id}`;
  }
}

/** The master key that wraps, and the earlier ones that may still be needed to unwrap. */
export type MasterKeyring = { current: MasterKey; previous: MasterKey[] };

/**
 * Reads a master key.
 * @throws {TypeError} when the text is not the base64 form of 32 bytes, or is a placeholder. The message never
 * contains the text.
 */
export function parseMasterKey(base64: string): MasterKey {
  const key = Buffer.from(base64, "base64");
  // Node skips characters that are not base64; the comparison refuses what it skipped.
  if (key.length !== masterKeyLength || key.toString("base64") !== base64) {
    throw new TypeError("is not 32 bytes in base64 (44 characters, the last one =)");
  }
  if (key.every((byte) => byte === key[0])) {
    throw new TypeError("is a placeholder: all its bytes are the same");
  }
  return new MasterKey(key);
}

/**
 * Reads the keyring: the current key, and earlier ones separated by commas (`""` for none).
 * An earlier key that equals the current one is dropped.
 * @throws {TypeError} as `parseMasterKey` does.
 */
export function parseMasterKeyring(texts: { current: string; previous: string }): MasterKeyring {
  const current = parseMasterKey(texts.current);
  const previous = texts.previous
    .split(",")
    .map((text) => text.trim())
    .filter((text) => text !== "")
    .map(parseMasterKey)
    .filter((masterKey) => masterKey.id !== current.id);
  return { current, previous };
}

/** A fresh master key as text, for `PERPETUO_MASTER_KEY`. */
export function generateMasterKeyText(): string {
  return randomBytes(masterKeyLength).toString("base64");
}
