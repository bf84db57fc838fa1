export type Row = Record<string, unknown> | null;

export type ChangedField = { field: string; before: string | null; after: string | null };

/** Columns that every change moves and that say nothing. */
const uninteresting = new Set(["updated_at"]);

/** The fields that a change made different; of a new or removed row every field that has a value. */
export function changedFields(before: Row, after: Row): ChangedField[] {
  const fields = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  return fields
    .filter((field) => !uninteresting.has(field))
    .map((field) => ({ field, before: shown(before?.[field]), after: shown(after?.[field]) }))
    .filter((change) => change.before !== change.after);
}

/** A value as text; null where there is none. */
function shown(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** What a reader would call the row: its name, else nothing. */
export function nameOf(before: Row, after: Row): string | null {
  for (const row of [after, before]) {
    for (const field of ["name", "email", "model"]) {
      const value = row?.[field];
      if (typeof value === "string" && value !== "") return value;
    }
  }
  return null;
}
