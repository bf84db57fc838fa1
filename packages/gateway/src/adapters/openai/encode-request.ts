import type { EncodeInput, ModelCall } from "../../adapter.ts";
import { applySplices, modelSplices, type Splice } from "../body-splices.ts";

/**
 * The client's bytes with two changes at most: the target's model name, and for streams the request for the usage
 * chunk, because a stream that is not metered cannot be billed.
 */
export function encodeRequest({ call, upstreamModel }: Omit<EncodeInput, "maxOutputTokens">): Buffer {
  const splices = modelSplices(call, upstreamModel);
  const usage = usageSplice(call);
  if (usage) splices.push(usage);
  return applySplices(call.body, splices);
}

function usageSplice(call: ModelCall): Splice | null {
  if (!call.stream || call.includeUsage) return null;
  const span = call.fields.get("stream_options");
  const requested = '{"include_usage":true}';
  if (!span) {
    const text = `,"stream_options":${requested}`;
    return { start: call.closingBrace, end: call.closingBrace, text };
  }
  const options: unknown = JSON.parse(call.body.toString("utf8", span.start, span.end));
  const text =
    typeof options === "object" && options !== null
      ? JSON.stringify({ ...options, include_usage: true })
      : requested;
  return { ...span, text };
}
