import { hash, randomBytes } from "node:crypto";

const textPrefix = "pk_";
const randomLength = 20;
const checksumHexLength = 8;
const displayHexLength = 8;
const randomHexLength = randomLength * 2;
const textLength = textPrefix.length + randomHexLength + checksumHexLength;

/** A new API key. `text` is shown to its owner once; only `hash` and `prefix` are stored. */
export type GeneratedApiKey = {
  /** `pk_` and 48 lower-case hex digits: 20 random bytes, then the first 4 bytes of their SHA-256. */
  text: string;
  /** SHA-256 of the whole text, in hex. The key's identity in the database and in every cache. */
  hash: string;
  /** `pk_` and the first 8 hex digits: tells keys apart on a screen, opens nothing. */
  prefix: string;
};

/** Whether a text has the form of an API key and, if so, the hash under which it is looked up. */
export type ParsedApiKey = { kind: "well-formed"; hash: string } | { kind: "malformed" };

const malformed: ParsedApiKey = Object.freeze({ kind: "malformed" });

/** Makes an API key from 160 random bits. */
export function generateApiKey(): GeneratedApiKey {
  const random = randomBytes(randomLength);
  const text = textPrefix + random.toString("hex") + checksumOf(random);
  return {
    text,
    hash: hash("sha256", text, "hex"),
    prefix: text.slice(0, textPrefix.length + displayHexLength),
  };
}

const nothingIsKnown = () => false;

/**
 * Checks the form and the checksum of an API key, so that a mistyped or invented one costs no query. It runs once a
 * request: one SHA-256 of a short input, no regular expression, and a second SHA-256 for the checksum unless `isKnown`
 * says that there is a key with this hash, which then is this one.
 */
export function parseApiKey(text: string, isKnown: (hash: string) => boolean = nothingIsKnown): ParsedApiKey {
  if (text.length !== textLength || !text.startsWith(textPrefix) || !isLowerHex(text, textPrefix.length)) {
    return malformed;
  }
  const textHash = hash("sha256", text, "hex");
  return isKnown(textHash) || hasChecksum(text) ? { kind: "well-formed", hash: textHash } : malformed;
}

function hasChecksum(text: string): boolean {
  const checksumStart = textPrefix.length + randomHexLength;
  const random = Buffer.from(text.slice(textPrefix.length, checksumStart), "hex");
  // The checksum is no secret: it is computed from the text itself, so an early exit tells nothing.
  return text.endsWith(checksumOf(random));
}

function checksumOf(random: Buffer): string {
  return hash("sha256", random, "hex").slice(0, checksumHexLength);
}

/** Upper-case digits are refused, so that each key has one text and therefore one hash. */
function isLowerHex(text: string, from: number): boolean {
  for (let index = from; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    const isDigit = code >= 48 && code <= 57;
    const isLetter = code >= 97 && code <= 102;
    if (!isDigit && !isLetter) return false;
  }
  return true;
}
