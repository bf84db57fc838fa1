import {
  addProviderInput,
  listProvidersInput,
  listProvidersOutput,
  providerKeySchema,
  removeProviderInput,
  removeProviderOutput,
  reorderProvidersInput,
  testProviderInput,
  testProviderOutput,
  updateProviderInput,
} from "@perpetuo/contracts/api/providers";
import { PerpetuoError } from "@perpetuo/contracts/errors";
import { publicProcedure, router } from "./base.ts";

export const providersRouter = router({
  list: publicProcedure
    .input(listProvidersInput)
    .output(listProvidersOutput)
    .query(() => {
      throw new PerpetuoError("not_ready");
    }),
  add: publicProcedure
    .input(addProviderInput)
    .output(providerKeySchema)
    .mutation(() => {
      throw new PerpetuoError("not_ready");
    }),
  update: publicProcedure
    .input(updateProviderInput)
    .output(providerKeySchema)
    .mutation(() => {
      throw new PerpetuoError("not_ready");
    }),
  reorder: publicProcedure
    .input(reorderProvidersInput)
    .output(listProvidersOutput)
    .mutation(() => {
      throw new PerpetuoError("not_ready");
    }),
  remove: publicProcedure
    .input(removeProviderInput)
    .output(removeProviderOutput)
    .mutation(() => {
      throw new PerpetuoError("not_ready");
    }),
  test: publicProcedure
    .input(testProviderInput)
    .output(testProviderOutput)
    .mutation(() => {
      throw new PerpetuoError("not_ready");
    }),
});
