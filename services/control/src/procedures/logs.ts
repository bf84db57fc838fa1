import { getLogInput, listLogsInput, listLogsOutput, logDetailSchema } from "@perpetuo/contracts/api/logs";
import { PerpetuoError } from "@perpetuo/contracts/errors";
import { publicProcedure, router } from "./base.ts";

export const logsRouter = router({
  list: publicProcedure
    .input(listLogsInput)
    .output(listLogsOutput)
    .query(() => {
      throw new PerpetuoError("not_ready");
    }),
  get: publicProcedure
    .input(getLogInput)
    .output(logDetailSchema)
    .query(() => {
      throw new PerpetuoError("not_ready");
    }),
});
