import { z } from "zod";
import { idSchema, textSchema, timestampSchema, workspaceInput } from "./common.ts";

const actionSchema = z.enum(["insert", "update", "delete"]);

/** One change of one row by a person. Secrets are masked before they are written down. */
export const auditEntrySchema = z.strictObject({
  id: idSchema,
  /** The user's id, or the name of the command or service that acted. */
  actor: z.string(),
  /** Null when the actor is no user, or no longer one. */
  actor_name: z.string().nullable(),
  action: actionSchema,
  table: z.string(),
  /** The row's identity within the workspace: mostly an id, of a membership the user's. */
  record: z.string(),
  /** Null for an insert. */
  before: z.record(z.string(), z.unknown()).nullable(),
  /** Null for a deletion. */
  after: z.record(z.string(), z.unknown()).nullable(),
  ip: z.string().nullable(),
  user_agent: z.string().nullable(),
  created_at: timestampSchema,
});
export type AuditEntry = z.infer<typeof auditEntrySchema>;

/** Newest first. `cursor` is the `next_cursor` of the answer before. */
export const listAuditInput = workspaceInput.extend({
  cursor: z.string().max(200).optional(),
  limit: z.int().min(1).max(200).default(50),
  actor: textSchema(200).optional(),
  action: actionSchema.optional(),
  table: textSchema(63).optional(),
  record: textSchema(500).optional(),
  /** Inclusive. */
  from: timestampSchema.optional(),
  /** Exclusive. */
  to: timestampSchema.optional(),
});

export const listAuditOutput = z.strictObject({
  items: z.array(auditEntrySchema),
  /** Null on the last page. */
  next_cursor: z.string().nullable(),
});
