import type { ModelCall } from "@perpetuo/gateway/adapter";
import { isFree } from "@perpetuo/gateway/demand";
import { estimateInputTokens } from "@perpetuo/gateway/price";
import { promptBytes } from "@perpetuo/gateway/prompt-bytes";
import type { Receipt } from "./receipt.ts";

/**
 * What an answer whose provider gave no count is charged with; the row says that it is an estimate. Embeddings write no
 * tokens, however long the answer is.
 */
export function estimateUsage(receipt: Receipt, call: ModelCall, outputTokens: number): void {
  if (isFree(call)) return;
  receipt.usageEstimated = true;
  receipt.usage = {
    input_tokens: estimateInputTokens(promptBytes(call)),
    cached_input_tokens: 0,
    output_tokens: call.operation === "embeddings" ? 0 : outputTokens,
    reasoning_tokens: 0,
  };
}
