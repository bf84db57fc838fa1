import type { ProviderAdapter } from "../../adapter.ts";
import type { UpstreamFailure } from "../../failure.ts";
import { describeFailure, errorObject } from "../provider-error.ts";

/**
 * Reads Anthropic's envelope, `{"type":"error","error":{"type","message"}}`. A `billing_error` says that the account is
 * out of credit, whatever its status. Source: Anthropic API reference, "Errors".
 */
export const classifyError: ProviderAdapter["classifyError"] = ({ body, ...answer }): UpstreamFailure => {
  const { type, message } = errorObject(body.toString("utf8"));
  const failure = describeFailure(answer, message);
  return type === "billing_error" ? { ...failure, advice: "quota" } : failure;
};
