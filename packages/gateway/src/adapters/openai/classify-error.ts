import type { ProviderAdapter } from "../../adapter.ts";
import type { UpstreamFailure } from "../../failure.ts";
import { describeFailure, errorObject, providerMessage } from "../provider-error.ts";

/** Reads OpenAI's error envelope, `{"error":{"message","type","param","code"}}`, where the body has one. */
export const classifyError: ProviderAdapter["classifyError"] = ({ body, ...answer }): UpstreamFailure => {
  const error = errorObject(body.toString("utf8"));
  const failure = describeFailure(answer, error["message"]);
  return answer.status === 429 && isQuotaError(error) ? { ...failure, advice: "quota" } : failure;
};

/** OpenAI's 429 has two meanings: too fast, and the account's credit or spending limit is used up. */
function isQuotaError({ code, type }: Readonly<Record<string, unknown>>): boolean {
  return [code, type].some(
    (word) => word === "insufficient_quota" || word === "enforced_spend_limit_reached",
  );
}

/** The message of an OpenAI-shaped error text; null when the text is anything else. */
export function errorMessage(text: string): string | null {
  return providerMessage(errorObject(text)["message"]);
}
