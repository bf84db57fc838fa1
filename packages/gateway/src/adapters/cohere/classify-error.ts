import type { ProviderAdapter } from "../../adapter.ts";
import { adviceForStatus, type UpstreamFailure } from "../../failure.ts";
import { parseJsonObject } from "../../json-object.ts";
import { describeFailure } from "../provider-error.ts";

/** Cohere's own status for a credential that it does not know. */
const invalidToken = 498;

/** Reads Cohere's flat `{"message"}`. Source: Cohere documentation, "Errors". */
export const classifyError: ProviderAdapter["classifyError"] = ({ body, ...answer }): UpstreamFailure => {
  const failure = describeFailure(answer, parseJsonObject(body.toString("utf8"))?.["message"]);
  return answer.status === invalidToken ? { ...failure, ...adviceForStatus(401) } : failure;
};
