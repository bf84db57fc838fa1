import {
  exactTotalLimit,
  exportedLogSchema,
  exportLogsInput,
  getLogInput,
  listLogsInput,
  listLogsOutput,
  logDetailSchema,
  tailedLogSchema,
  tailLogsInput,
} from "@perpetuo/contracts/api/logs";
import { PerpetuoError } from "@perpetuo/contracts/errors";
import {
  countRequestLogs,
  findRequestLog,
  listRequestLogs,
} from "@perpetuo/database/queries/control/request-logs";
import { exportedLogPages } from "../logs/export-pages.ts";
import { readLogFilter } from "../logs/log-filter.ts";
import { presentLogDetail, presentLogItem } from "../logs/present-log.ts";
import { readMissed, tailLogs } from "../logs/tail-logs.ts";
import { readPages } from "../read-pages.ts";
import { cutPage, decodeRowCursor } from "../row-cursor.ts";
import { router, workspaceProcedure } from "./base.ts";

export const logsRouter = router({
  list: workspaceProcedure("logs.list")
    .input(listLogsInput)
    .output(listLogsOutput)
    .query(async ({ ctx, input }) => {
      const { limit } = input;
      const page = input.cursor === undefined ? (input.page ?? 1) : null;
      const after = input.cursor === undefined ? null : decodeRowCursor(input.cursor);
      const offset = page === null ? 0 : offsetOf(page, limit);
      const filter = readLogFilter(input);
      const { rows, count } = await ctx.inWorkspace(async (transaction) => ({
        rows: await listRequestLogs(transaction, filter, { limit: limit + 1, offset, after }),
        count: await countRequestLogs(transaction, filter, exactTotalLimit + 1),
      }));
      const { shown, next_cursor } = cutPage(rows, limit);
      return {
        items: shown.map(presentLogItem),
        total: Math.min(count, exactTotalLimit),
        total_is_capped: count > exactTotalLimit,
        page,
        limit,
        next_cursor,
      };
    }),

  get: workspaceProcedure("logs.list")
    .input(getLogInput)
    .output(logDetailSchema)
    .query(async ({ ctx, input: { workspace_id, log_id } }) => {
      const row = await ctx.inWorkspace((transaction) =>
        findRequestLog(transaction, { workspace_id, id: log_id }),
      );
      if (row === null) throw new PerpetuoError("not_found", { message: "There is no such request." });
      return presentLogDetail(row);
    }),

  export: workspaceProcedure("logs.list")
    .meta({ streams: exportedLogSchema })
    .input(exportLogsInput)
    .query(({ ctx, input: { limit = Number.POSITIVE_INFINITY, ...input } }) => {
      const pages = exportedLogPages(ctx.inWorkspace, { filter: readLogFilter(input), limit });
      return readPages({ ...ctx, workspace_id: input.workspace_id }, pages);
    }),

  tail: workspaceProcedure("logs.list")
    .meta({ streams: tailedLogSchema })
    .input(tailLogsInput)
    .subscription(async ({ ctx, input: { lastEventId, ...input }, signal }) => {
      const { tailHub, tailSource, stopping } = ctx.services;
      const position = lastEventId === undefined ? null : decodeRowCursor(lastEventId, "lastEventId");
      const filter = readLogFilter(input);
      const watch = await tailHub.watch(filter, ctx.caller.user.id);
      try {
        const missed = await readMissed(position, Date.now(), (since) => tailSource.rows(filter, since));
        return tailLogs({ watch, missed, stopping, left: signal, stillAllowed: ctx.stillAllowed });
      } catch (error) {
        watch.close();
        throw error;
      }
    }),
});

/** Pages reach the rows that `total` counts exactly; skipping more would read and drop them all. */
function offsetOf(page: number, limit: number): number {
  const offset = (page - 1) * limit;
  if (offset >= exactTotalLimit) {
    throw new PerpetuoError("invalid_request", {
      message: `page: pages reach the first ${exactTotalLimit} requests. Go on with cursor.`,
      param: "page",
    });
  }
  return offset;
}
