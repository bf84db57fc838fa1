import { api } from "@perpetuo/client/hooks";
import type { LogDetail } from "@perpetuo/contracts/api/logs";
import { Callout } from "../../components/ui/callout.tsx";
import { formatDollars, formatMilliseconds } from "../../library/format.ts";
import { messages } from "../../messages/messages.ts";
import { providerName, providerTitle } from "../providers/provider-title.ts";
import { useWorkspace } from "../workspaces/session.ts";
import { AttemptTimeline } from "./attempt-timeline.tsx";
import { DetailFacts } from "./detail-facts.tsx";
import { DetailSection } from "./detail-section.tsx";
import { PlanList } from "./plan-list.tsx";
import { StatusBadge } from "./status-badge.tsx";

const text = messages.requestDetail;

type RequestDetailProps = { request: LogDetail; labelOfKey: (apiKeyId: string) => string };

/** Everything that is known of one request. Text of clients and providers is shown as text. */
export function RequestDetail({ request, labelOfKey }: RequestDetailProps) {
  const labelOfProviderKey = useProviderKeyLabels();
  return (
    <div className="flex flex-col divide-y divide-line">
      <Summary request={request} />
      <DetailSection title={text.sections.attempts}>
        <AttemptTimeline request={request} labelOfProviderKey={labelOfProviderKey} />
      </DetailSection>
      <DetailSection title={text.sections.plan}>
        <PlanList plan={request.plan} labelOfProviderKey={labelOfProviderKey} />
      </DetailSection>
      <DetailSection title={text.sections.summary}>
        <DetailFacts request={request} labelOfKey={labelOfKey} labelOfProviderKey={labelOfProviderKey} />
      </DetailSection>
      {request.metadata !== null && Object.keys(request.metadata).length > 0 && (
        <DetailSection title={text.sections.metadata}>
          <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-1.5 text-sm">
            {Object.entries(request.metadata).map(([key, value]) => (
              <div key={key} className="contents">
                <dt className="font-mono text-muted">{key}</dt>
                <dd className="min-w-0 break-words">{value}</dd>
              </div>
            ))}
          </dl>
        </DetailSection>
      )}
    </div>
  );
}

function Summary({ request }: { request: LogDetail }) {
  return (
    <section className="flex flex-col gap-4 p-5">
      <div className="flex min-w-0 items-center gap-2.5">
        <StatusBadge status={request.status_code} />
        <h3 className="min-w-0 truncate text-lg font-semibold tracking-tight">
          {request.model ?? messages.common.none}
        </h3>
        {request.provider_used !== null && (
          <span className="shrink-0 text-sm text-muted">{providerName(request.provider_used)}</span>
        )}
      </div>
      {request.error_code !== null && (
        <Callout tone={request.status_code >= 500 ? "danger" : "warning"} title={request.error_code}>
          {request.error_message}
        </Callout>
      )}
      <dl className="grid grid-cols-2 gap-x-4 gap-y-3 sm:grid-cols-4">
        <Figure label={text.fields.duration} value={formatMilliseconds(request.duration_ms)} />
        <Figure label={text.fields.firstByte} value={formatMilliseconds(request.time_to_first_byte_ms)} />
        <Figure label={text.fields.cost} value={formatDollars(request.cost_usd)} />
        <Figure label={text.fields.attempts} value={String(request.attempt_count)} />
      </dl>
    </section>
  );
}

function Figure({ label, value }: { label: string; value: string }) {
  return (
    <div>
      <dt className="text-xs text-muted">{label}</dt>
      <dd className="text-lg font-medium tabular-nums">{value}</dd>
    </div>
  );
}

/** Names provider keys by id; a key that is gone keeps its id. */
function useProviderKeyLabels(): (providerKeyId: string) => string {
  const workspace = useWorkspace();
  const keys = api.providers.list.useQuery({ workspace_id: workspace.id }, { staleTime: 60_000 });
  return (providerKeyId) => {
    const key = keys.data?.items.find((candidate) => candidate.id === providerKeyId);
    return key === undefined ? providerKeyId : providerTitle(key);
  };
}
