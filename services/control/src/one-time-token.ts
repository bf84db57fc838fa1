import { hash, randomBytes } from "node:crypto";

/** 256 random bits. */
const secretBytes = 32;

/** A secret that a link carries once. Only the hash is stored. */
export type OneTimeToken = { text: string; token_hash: string };

/** Makes a token; `prefix` says in clear what it is for, and is part of what is hashed. */
export function createOneTimeToken(prefix: string): OneTimeToken {
  const text = `${prefix}_${randomBytes(secretBytes).toString("base64url")}`;
  return { text, token_hash: hashOneTimeToken(text) };
}

/** SHA-256 (hex): the token itself has enough randomness to need no slow hash. */
export function hashOneTimeToken(text: string): string {
  return hash("sha256", text, "hex");
}
