import { z } from "zod";

/** A UUID, as every id of the API is. In small letters, as the database has it, so that equal ids are equal texts. */
export const idSchema = z.uuid().toLowerCase();

/** A moment in UTC, ISO 8601 with milliseconds and `Z`. PostgreSQL has no year 0. */
export const timestampSchema = z.iso
  .datetime()
  .refine((text) => !text.startsWith("0000"), "must not be before the year 1");

/** US dollars. Stored as whole micro-dollars, so at most six decimals are meaningful. */
export const usdSchema = z.number().nonnegative();

/** A whole number of things or tokens. */
export const countSchema = z.int().nonnegative();

/** Micro-dollars per million tokens. The upper bound is a million dollars per million tokens. */
export const priceSchema = z.int().nonnegative().max(1_000_000_000_000);

/** True when PostgreSQL can store the text: no NUL, no lone surrogate. */
function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}

const storableMessage = "must not contain NUL or unpaired surrogate characters";

/** Text that a person typed: trimmed, not empty, at most `maximum` UTF-16 units, storable. */
export const textSchema = (maximum: number) =>
  z.string().trim().min(1).max(maximum).refine(isStorable, storableMessage);

/** Like `textSchema`, but may be empty or hold several lines. */
export const longTextSchema = (maximum: number) =>
  z.string().trim().max(maximum).refine(isStorable, storableMessage);

/** An e-mail address as people type it; upper and lower case are the same. */
export const emailSchema = z.email().max(254).toLowerCase();

/** Names one workspace; every procedure inside a workspace has this field. */
export const workspaceInput = z.strictObject({ workspace_id: idSchema });

/** The answer of what only removes something: the id of what is gone. */
export const removedOutput = z.strictObject({ id: idSchema });

/** The answer of a call that has nothing to tell. */
export const emptyOutput = z.strictObject({});
