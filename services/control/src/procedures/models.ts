import {
  clearModelOverrideInput,
  clearModelOverrideOutput,
  listModelsInput,
  listModelsOutput,
  modelPriceSchema,
  overrideModelInput,
} from "@perpetuo/contracts/api/models";
import { PerpetuoError } from "@perpetuo/contracts/errors";
import { publicProcedure, router } from "./base.ts";

export const modelsRouter = router({
  list: publicProcedure
    .input(listModelsInput)
    .output(listModelsOutput)
    .query(() => {
      throw new PerpetuoError("not_ready");
    }),
  override: publicProcedure
    .input(overrideModelInput)
    .output(modelPriceSchema)
    .mutation(() => {
      throw new PerpetuoError("not_ready");
    }),
  clearOverride: publicProcedure
    .input(clearModelOverrideInput)
    .output(clearModelOverrideOutput)
    .mutation(() => {
      throw new PerpetuoError("not_ready");
    }),
});
