import type { LogItem } from "@perpetuo/contracts/api/logs";
import { formatCount } from "../../library/format.ts";
import { messages } from "../../messages/messages.ts";

type TokenCountsProps = { usage: Pick<LogItem, "input_tokens" | "output_tokens" | "usage_estimated"> };

/** Input and output tokens; an estimate is marked as one. */
export function TokenCounts({ usage }: TokenCountsProps) {
  return (
    <span title={usage.usage_estimated ? messages.requests.estimated : messages.requests.columns.tokensHint}>
      {usage.usage_estimated && (
        <>
          <span aria-hidden="true">≈ </span>
          <span className="sr-only">{messages.requests.estimated}: </span>
        </>
      )}
      {formatCount(usage.input_tokens)}
      <span className="text-faint"> → </span>
      {formatCount(usage.output_tokens)}
    </span>
  );
}
