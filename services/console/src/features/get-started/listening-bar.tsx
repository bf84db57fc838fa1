import { ArrowRight, CircleCheck } from "lucide-react";
import { Link } from "react-router";
import { buttonStyles } from "../../components/ui/button.tsx";
import { classNames } from "../../library/class-names.ts";
import { formatCount, formatDollars, formatMilliseconds } from "../../library/format.ts";
import { messages } from "../../messages/messages.ts";
import { StatusBadge } from "../requests/status-badge.tsx";
import type { FirstRequest, GetStarted } from "./use-get-started.ts";

const text = messages.getStarted.request;

/** Says that the page listens, and flips by itself when the first request is in the log. */
export function ListeningBar({ state }: { state: GetStarted }) {
  const { firstRequest, workspace, checklist } = state;
  const landed = firstRequest !== null;
  const isReady = checklist.provider === "done" && checklist.apiKey === "done";
  return (
    <div
      role="status"
      className={classNames(
        "border-t border-line px-4 py-3 text-sm transition-colors duration-500",
        landed ? "bg-success-soft" : "bg-sunken",
      )}
    >
      {landed ? (
        <Landed request={firstRequest} workspaceId={workspace.id} />
      ) : (
        <p className="flex items-center gap-3 text-muted">
          <PulsingDot active={isReady} />
          {isReady ? text.listening : text.paused}
        </p>
      )}
    </div>
  );
}

function PulsingDot({ active }: { active: boolean }) {
  return (
    <span aria-hidden="true" className="relative flex size-2.5 shrink-0">
      {active && <span className="absolute size-full animate-ping-soft rounded-full bg-accent opacity-60" />}
      <span className={classNames("size-full rounded-full", active ? "bg-accent" : "bg-line-strong")} />
    </span>
  );
}

function Landed({ request, workspaceId }: { request: FirstRequest; workspaceId: string }) {
  return (
    <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-3">
      <div className="min-w-0">
        <p className="flex items-center gap-2 font-medium text-success">
          <CircleCheck aria-hidden="true" className="size-4" />
          {text.landed}
        </p>
        <p className="mt-1.5 flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1 text-foreground tabular-nums">
          <StatusBadge status={request.status_code} />
          <span className="min-w-0 truncate font-medium">{request.model ?? messages.common.none}</span>
          <span>
            {formatCount(request.input_tokens)} → {formatCount(request.output_tokens)}{" "}
            {messages.requests.columns.tokens.toLowerCase()}
          </span>
          <span>{formatMilliseconds(request.duration_ms)}</span>
          <span>{text.cost(formatDollars(request.cost_usd))}</span>
        </p>
      </div>
      <Link
        to={`/app/${workspaceId}/requests?request=${request.id}`}
        className={buttonStyles({ size: "small" })}
      >
        {text.open}
        <ArrowRight aria-hidden="true" />
      </Link>
    </div>
  );
}
