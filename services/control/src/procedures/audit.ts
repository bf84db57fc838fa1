import { type AuditEntry, listAuditInput, listAuditOutput } from "@perpetuo/contracts/api/audit";
import { idSchema } from "@perpetuo/contracts/api/common";
import { type AuditRow, findUserNames, listAuditLogs } from "@perpetuo/database/queries/control/audit-logs";
import { cutPage, decodeRowCursor } from "../row-cursor.ts";
import { readTimeRange } from "../time-range.ts";
import { router, workspaceProcedure } from "./base.ts";

export const auditRouter = router({
  list: workspaceProcedure("audit.list")
    .input(listAuditInput)
    .output(listAuditOutput)
    .query(async ({ ctx, input: { cursor, limit, from, to, ...filter } }) => {
      const after = cursor === undefined ? null : decodeRowCursor(cursor);
      return ctx.inWorkspace(async (transaction) => {
        const bounds = { limit: limit + 1, after };
        const rows = await listAuditLogs(transaction, { ...filter, ...readTimeRange({ from, to }) }, bounds);
        const { shown, next_cursor } = cutPage(rows, limit);
        const actors = new Set(shown.map(({ actor }) => actor));
        const userIds = [...actors].filter((actor) => idSchema.safeParse(actor).success);
        const names = await findUserNames(transaction, userIds);
        return { items: shown.map((row) => presentEntry(row, names)), next_cursor };
      });
    }),
});

function presentEntry(row: AuditRow, names: ReadonlyMap<string, string>): AuditEntry {
  const { table_name, record_id, created_at, ...entry } = row;
  return {
    ...entry,
    actor_name: names.get(row.actor) ?? null,
    table: table_name,
    record: record_id,
    created_at: created_at.toISOString(),
  };
}
