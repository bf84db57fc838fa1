import {
  apiKeySchema,
  createApiKeyInput,
  createApiKeyOutput,
  deleteApiKeyInput,
  deleteApiKeyOutput,
  listApiKeysInput,
  listApiKeysOutput,
  revokeApiKeyInput,
  rotateApiKeyInput,
  rotateApiKeyOutput,
  updateApiKeyInput,
} from "@perpetuo/contracts/api/api-keys";
import { PerpetuoError } from "@perpetuo/contracts/errors";
import { publicProcedure, router } from "./base.ts";

export const apiKeysRouter = router({
  list: publicProcedure
    .input(listApiKeysInput)
    .output(listApiKeysOutput)
    .query(() => {
      throw new PerpetuoError("not_ready");
    }),
  create: publicProcedure
    .input(createApiKeyInput)
    .output(createApiKeyOutput)
    .mutation(() => {
      throw new PerpetuoError("not_ready");
    }),
  update: publicProcedure
    .input(updateApiKeyInput)
    .output(apiKeySchema)
    .mutation(() => {
      throw new PerpetuoError("not_ready");
    }),
  revoke: publicProcedure
    .input(revokeApiKeyInput)
    .output(apiKeySchema)
    .mutation(() => {
      throw new PerpetuoError("not_ready");
    }),
  delete: publicProcedure
    .input(deleteApiKeyInput)
    .output(deleteApiKeyOutput)
    .mutation(() => {
      throw new PerpetuoError("not_ready");
    }),
  rotate: publicProcedure
    .input(rotateApiKeyInput)
    .output(rotateApiKeyOutput)
    .mutation(() => {
      throw new PerpetuoError("not_ready");
    }),
});
