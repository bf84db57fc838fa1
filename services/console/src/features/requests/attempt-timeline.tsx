import type { LogDetail } from "@perpetuo/contracts/api/logs";
import { Badge, type BadgeTone } from "../../components/ui/badge.tsx";
import { classNames } from "../../library/class-names.ts";
import { formatMilliseconds } from "../../library/format.ts";
import { messages } from "../../messages/messages.ts";
import { timelineBar } from "./timeline-bar.ts";

const text = messages.requestDetail;

type Attempt = LogDetail["attempts"][number];

const outcomeTone: Record<Attempt["outcome"], BadgeTone> = {
  ok: "success",
  failed: "danger",
  refused: "neutral",
  indeterminate: "warning",
  aborted: "neutral",
};

type AttemptTimelineProps = { request: LogDetail; labelOfProviderKey: (providerKeyId: string) => string };

/** The calls to providers on one time axis, which spans the request. */
export function AttemptTimeline({ request, labelOfProviderKey }: AttemptTimelineProps) {
  if (request.attempts.length === 0) return <p className="text-sm text-muted">{text.noAttempts}</p>;
  return (
    <ol className="flex flex-col gap-4">
      {request.attempts.map((attempt, index) => (
        <li key={`${attempt.provider_key_id} ${attempt.started_ms}`} className="text-sm">
          <div className="flex flex-wrap items-center gap-x-2.5 gap-y-1">
            <span className="text-faint tabular-nums">
              <span aria-hidden="true">{index + 1}</span>
              <span className="sr-only">{text.attempt(index + 1)}</span>
            </span>
            <span className="min-w-0 truncate font-medium">
              {labelOfProviderKey(attempt.provider_key_id)}
            </span>
            <span className="min-w-0 truncate text-muted">{attempt.upstream_model}</span>
            <span className="ml-auto flex items-center gap-2 tabular-nums">
              {formatMilliseconds(attempt.duration_ms)}
              <Badge tone={outcomeTone[attempt.outcome]}>
                {text.attemptOutcomes[attempt.outcome]}
                {attempt.status !== null && ` ${attempt.status}`}
              </Badge>
            </span>
          </div>
          <Bar attempt={attempt} total={request.duration_ms} />
          {attempt.error !== null && <p className="mt-1 text-xs break-words text-danger">{attempt.error}</p>}
        </li>
      ))}
    </ol>
  );
}

function Bar({ attempt, total }: { attempt: Attempt; total: number }) {
  const bar = timelineBar(attempt, total);
  return (
    <div className="relative mt-2 h-2 rounded-sm bg-hover">
      <span className="sr-only">
        {text.timeline(formatMilliseconds(attempt.started_ms), formatMilliseconds(attempt.duration_ms))}
      </span>
      <span
        aria-hidden="true"
        className={classNames(
          "absolute inset-y-0 flex min-w-1 overflow-hidden rounded-sm",
          attempt.outcome === "ok" ? "bg-accent" : "bg-danger",
        )}
        style={{ left: `${bar.left}%`, width: `${bar.width}%` }}
      >
        {/* The time until the first byte is the paler part. */}
        <span className="bg-surface opacity-55" style={{ width: `${bar.waiting}%` }} />
      </span>
    </div>
  );
}
