import { openAiErrorBody } from "@perpetuo/contracts/errors";
import type { ListedName } from "@perpetuo/gateway/routing/list-models";
import type { Dialect } from "./dialect.ts";

/** `created` is the epoch's start: the gateway does not know when a model was made. */
function modelEntry({ model, owner }: ListedName) {
  return { id: model, object: "model", created: 0, owned_by: owner };
}

/** OpenAI's, which most clients speak. Source: OpenAI API reference. */
export const openAiDialect: Dialect = {
  requestIdHeader: null,
  answerIdPrefix: "chatcmpl-",
  statusOf: (error) => error.definition.status,
  errorBody: openAiErrorBody,
  // SDKs raise an error for it; a stream that merely ends looks complete to them.
  errorEvent: (body) => `data: ${JSON.stringify(body)}\n\n`,
  refusal({ status, message, code }) {
    const type = status < 500 ? "invalid_request_error" : "upstream_error";
    return { status, body: { error: { message, type, param: null, code } } };
  },
  modelList: (names) => ({ object: "list", data: names.map(modelEntry) }),
  modelEntry,
  heartbeat: null,
  passedOn: () => null,
  passesHeader: null,
};
