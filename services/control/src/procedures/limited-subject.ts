import { PerpetuoError } from "@perpetuo/contracts/errors";
import type { Limits } from "@perpetuo/contracts/limits";
import {
  findLimits,
  type LimitChanges,
  type LimitedSubject,
  mergeLimits,
  type SubjectLimits,
} from "@perpetuo/database/queries/control/limits";
import type { Transaction } from "@perpetuo/database/workspace-transaction";

/** Whom a call is about: without an API key, the workspace. */
export function subjectOf(input: { workspace_id: string; api_key_id?: string | undefined }): LimitedSubject {
  return { workspace_id: input.workspace_id, api_key_id: input.api_key_id ?? null };
}

/** @throws {PerpetuoError} `not_found` when the key is not this workspace's. */
export async function readLimits(transaction: Transaction, subject: LimitedSubject): Promise<SubjectLimits> {
  const found = await findLimits(transaction, subject);
  if (found === null) throw new PerpetuoError("not_found", { message: "There is no such API key." });
  return found;
}

/** Changes some limits and leaves the others. @throws {PerpetuoError} `not_found` when the key is not this workspace's. */
export async function changeLimits(
  transaction: Transaction,
  subject: LimitedSubject,
  changes: LimitChanges,
): Promise<SubjectLimits> {
  await mergeLimits(transaction, subject, changes);
  return readLimits(transaction, subject);
}

/** Adds what each key did, and what all of them did together as the workspace's. */
export function withTotals<TRow extends { api_key_id: string }, TSums extends Record<string, number>>(
  subjects: SubjectLimits[],
  rows: TRow[],
  sumsOf: (row: TRow | null) => TSums,
): { subject: SubjectLimits; sums: TSums }[] {
  const byKey = new Map(rows.map((row) => [row.api_key_id, row]));
  return subjects.map((subject) => ({
    subject,
    sums:
      subject.api_key_id === null
        ? rows.map(sumsOf).reduce(add, sumsOf(null))
        : sumsOf(byKey.get(subject.api_key_id) ?? null),
  }));
}

function add<TSums extends Record<string, number>>(total: TSums, sums: TSums): TSums {
  const entries = Object.entries(total).map(([name, value]) => [name, value + (sums[name] ?? 0)]);
  return Object.fromEntries(entries) as TSums;
}

/** A limit as the API shows it: null when there is none. */
export function shownLimit(limits: Limits, name: keyof Limits): number | null {
  return limits[name] ?? null;
}
