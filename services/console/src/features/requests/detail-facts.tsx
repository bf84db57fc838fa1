import type { LogDetail } from "@perpetuo/contracts/api/logs";
import type { ReactNode } from "react";
import { CopyButton } from "../../components/ui/copy-button.tsx";
import { formatCount, formatFullMoment, formatMicroseconds } from "../../library/format.ts";
import { messages } from "../../messages/messages.ts";

const text = messages.requestDetail;
const { none } = messages.common;

type DetailFactsProps = {
  request: LogDetail;
  labelOfKey: (apiKeyId: string) => string;
  labelOfProviderKey: (providerKeyId: string) => string;
};

export function DetailFacts({ request, labelOfKey, labelOfProviderKey }: DetailFactsProps) {
  const { fields } = text;
  return (
    <dl className="grid grid-cols-[minmax(7rem,auto)_minmax(0,1fr)] items-baseline gap-x-6 gap-y-1.5 text-sm">
      <Fact label={fields.time}>{formatFullMoment(request.created_at)}</Fact>
      <Fact label={fields.endpoint}>{request.endpoint}</Fact>
      <Fact label={fields.requestedModel}>{request.requested_model ?? none}</Fact>
      <Fact label={fields.upstreamModel}>{request.upstream_model ?? none}</Fact>
      <Fact label={fields.providerKey}>
        {request.provider_key_id === null ? none : labelOfProviderKey(request.provider_key_id)}
      </Fact>
      <Fact label={fields.apiKey}>{labelOfKey(request.api_key_id)}</Fact>
      <Fact label={fields.mode}>{request.streamed ? text.streamed : text.unary}</Fact>
      <Fact label={fields.inputTokens}>
        <Tokens
          count={request.input_tokens}
          part={request.cached_input_tokens}
          describe={text.ofWhichCached}
          estimated={request.usage_estimated}
        />
      </Fact>
      <Fact label={fields.outputTokens}>
        <Tokens
          count={request.output_tokens}
          part={request.reasoning_tokens}
          describe={text.ofWhichReasoning}
          estimated={request.usage_estimated}
        />
      </Fact>
      <Fact label={fields.overhead}>{formatMicroseconds(request.overhead_us)}</Fact>
      <Fact label={fields.configVersion}>{String(request.config_version)}</Fact>
      {request.user !== null && <Fact label={fields.user}>{request.user}</Fact>}
      <Identifier label={fields.requestId} value={request.request_id} />
      <Identifier label={fields.logId} value={request.id} />
    </dl>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-muted">{label}</dt>
      <dd className="min-w-0 break-words tabular-nums">{children}</dd>
    </>
  );
}

function Identifier({ label, value }: { label: string; value: string }) {
  return (
    <Fact label={label}>
      <span className="flex items-center gap-1">
        <code className="min-w-0 truncate font-mono text-xs">{value}</code>
        <CopyButton text={value} subject={label} />
      </span>
    </Fact>
  );
}

type TokensProps = {
  count: number;
  part: number;
  describe: (count: string) => string;
  estimated: boolean;
};

function Tokens({ count, part, describe, estimated }: TokensProps) {
  const notes = [part > 0 && describe(formatCount(part)), estimated && text.estimatedUsage].filter(
    (note) => note !== false,
  );
  return (
    <>
      {formatCount(count)}
      {notes.length > 0 && <span className="text-muted"> ({notes.join(", ")})</span>}
    </>
  );
}
