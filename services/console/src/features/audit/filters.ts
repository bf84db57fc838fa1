import { parseAsString, parseAsStringLiteral, useQueryStates } from "nuqs";
import { messages } from "../../messages/messages.ts";

export const actions = ["insert", "update", "delete"] as const;
export const tables = Object.keys(messages.audit.subjects);

const parsers = { table: parseAsString, action: parseAsStringLiteral(actions) };

export type AuditFilters = { table: string | null; action: (typeof actions)[number] | null };

/** The filters of the page, which live in the URL. */
export function useAuditFilters(): [AuditFilters, (change: Partial<AuditFilters>) => void] {
  const [filters, setFilters] = useQueryStates(parsers, { history: "replace" });
  return [filters, (change) => void setFilters(change)];
}
