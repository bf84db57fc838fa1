import type { ProviderAdapter } from "../../adapter.ts";
import type { UpstreamFailure } from "../../failure.ts";
import { parseJsonObject } from "../../json-object.ts";
import { describeFailure, errorObject } from "../provider-error.ts";

/**
 * Reads Mistral's errors: flat, `{"object":"error","message"}`, in an envelope as OpenAI's, or a list of what is wrong with a request,
 * `{"detail":[{"loc","msg"}]}`.
 */
export const classifyError: ProviderAdapter["classifyError"] = ({ body, ...answer }): UpstreamFailure => {
  const text = body.toString("utf8");
  const { message, detail } = parseJsonObject(text) ?? {};
  return describeFailure(answer, errorObject(text)["message"] ?? message ?? detailText(detail));
};

function detailText(detail: unknown): string | null {
  if (typeof detail === "string") return detail;
  const [first] = Array.isArray(detail) ? detail : [];
  const { loc, msg } = (first ?? {}) as { loc?: unknown; msg?: unknown };
  if (typeof msg !== "string") return null;
  return Array.isArray(loc) ? `${loc.join(".")}: ${msg}` : msg;
}
