import { api } from "@perpetuo/client/hooks";
import { ChevronDown, ChevronUp } from "lucide-react";
import { useEffect } from "react";
import { Button } from "../../components/ui/button.tsx";
import { OverlayClose, Sheet } from "../../components/ui/dialog.tsx";
import { FailureState } from "../../components/ui/failure.tsx";
import { Skeleton } from "../../components/ui/skeleton.tsx";
import { messages } from "../../messages/messages.ts";
import { RequestDetail } from "./request-detail.tsx";

const text = messages.requestDetail;

type RequestSheetProps = {
  workspaceId: string;
  /** The row to show; null keeps the sheet closed. */
  requestId: string | null;
  /** The rows of the page, through which the reader can step. */
  ids: string[];
  labelOfKey: (apiKeyId: string) => string;
  onOpen: (id: string | null) => void;
};

/** The detail of one request beside its table. J and K step to the next and the previous row. */
export function RequestSheet(properties: RequestSheetProps) {
  const { workspaceId, requestId, ids, labelOfKey, onOpen } = properties;
  const place = requestId === null ? -1 : ids.indexOf(requestId);
  const previous = ids[place - 1] ?? null;
  const next = place === -1 ? null : (ids[place + 1] ?? null);
  useStepKeys({ active: requestId !== null, previous, next, onOpen });

  return (
    <Sheet
      open={requestId !== null}
      onOpenChange={(open) => {
        if (!open) onOpen(null);
      }}
      label={text.title}
      className="max-w-2xl"
    >
      <div className="flex h-13 shrink-0 items-center gap-1 border-b border-line pr-3 pl-5">
        <p aria-hidden="true" className="flex-1 text-base font-semibold">
          {text.title}
        </p>
        <StepButton label={text.previous} target={previous} icon={ChevronUp} onOpen={onOpen} />
        <StepButton label={text.next} target={next} icon={ChevronDown} onOpen={onOpen} />
        <OverlayClose />
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto">
        {requestId !== null && (
          <DetailLoader
            key={requestId}
            workspaceId={workspaceId}
            requestId={requestId}
            labelOfKey={labelOfKey}
          />
        )}
      </div>
    </Sheet>
  );
}

type StepButtonProps = {
  label: string;
  target: string | null;
  icon: typeof ChevronUp;
  onOpen: (id: string) => void;
};

function StepButton({ label, target, icon: Icon, onOpen }: StepButtonProps) {
  return (
    <Button
      variant="ghost"
      size="icon-small"
      aria-label={label}
      title={label}
      disabled={target === null}
      onClick={() => {
        if (target !== null) onOpen(target);
      }}
    >
      <Icon aria-hidden="true" />
    </Button>
  );
}

type StepKeys = {
  active: boolean;
  previous: string | null;
  next: string | null;
  onOpen: (id: string) => void;
};

function useStepKeys({ active, previous, next, onOpen }: StepKeys): void {
  useEffect(() => {
    if (!active) return;
    const step = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const target = { j: next, k: previous }[event.key.toLowerCase()];
      if (target !== undefined && target !== null) onOpen(target);
    };
    window.addEventListener("keydown", step);
    return () => window.removeEventListener("keydown", step);
  }, [active, previous, next, onOpen]);
}

type DetailLoaderProps = {
  workspaceId: string;
  requestId: string;
  labelOfKey: (apiKeyId: string) => string;
};

function DetailLoader({ workspaceId, requestId, labelOfKey }: DetailLoaderProps) {
  const detail = api.logs.get.useQuery(
    { workspace_id: workspaceId, log_id: requestId },
    { staleTime: Number.POSITIVE_INFINITY },
  );
  if (detail.data !== undefined) return <RequestDetail request={detail.data} labelOfKey={labelOfKey} />;
  if (detail.error !== null) {
    return (
      <div className="grid place-items-center">
        <FailureState error={detail.error} onRetry={() => void detail.refetch()} />
      </div>
    );
  }
  return (
    <div aria-busy="true" className="flex flex-col gap-4 p-5">
      <span className="sr-only">{messages.common.loading}</span>
      <Skeleton className="h-6 w-48" />
      <Skeleton className="h-32 w-full" />
      <Skeleton className="h-24 w-full" />
    </div>
  );
}
