import {
  usageBreakdownInput,
  usageByKeyOutput,
  usageByModelOutput,
  usageByProviderOutput,
  usageSummaryInput,
  usageSummaryOutput,
} from "@perpetuo/contracts/api/usage";
import { PerpetuoError } from "@perpetuo/contracts/errors";
import { publicProcedure, router } from "./base.ts";

export const usageRouter = router({
  summary: publicProcedure
    .input(usageSummaryInput)
    .output(usageSummaryOutput)
    .query(() => {
      throw new PerpetuoError("not_ready");
    }),
  byProvider: publicProcedure
    .input(usageBreakdownInput)
    .output(usageByProviderOutput)
    .query(() => {
      throw new PerpetuoError("not_ready");
    }),
  byModel: publicProcedure
    .input(usageBreakdownInput)
    .output(usageByModelOutput)
    .query(() => {
      throw new PerpetuoError("not_ready");
    }),
  byKey: publicProcedure
    .input(usageBreakdownInput)
    .output(usageByKeyOutput)
    .query(() => {
      throw new PerpetuoError("not_ready");
    }),
});
