import { Page } from "../../components/layout/page.tsx";
import { PageHeader } from "../../components/layout/page-header.tsx";
import { Card } from "../../components/ui/card.tsx";
import { FailureState } from "../../components/ui/failure.tsx";
import { Skeleton } from "../../components/ui/skeleton.tsx";
import { messages } from "../../messages/messages.ts";
import { RequestCard } from "./request-card.tsx";
import { Steps } from "./steps.tsx";
import { useGetStarted } from "./use-get-started.ts";

const text = messages.getStarted;

/** The five-minute flow as a live checklist. */
export function GetStartedPage() {
  const state = useGetStarted();
  const { done, total } = state.checklist;
  return (
    <Page width="reading">
      <PageHeader title={text.title} description={text.description} />
      {state.error !== null && (
        <Card className="grid place-items-center">
          <FailureState error={state.error} onRetry={() => void state.retry()} />
        </Card>
      )}
      {state.error === null && state.isPending && <GetStartedSkeleton />}
      {state.error === null && !state.isPending && (
        <div className="grid items-start gap-x-10 gap-y-6 lg:grid-cols-[minmax(16rem,20rem)_minmax(0,1fr)]">
          <div>
            <ProgressBar done={done} total={total} />
            <Steps state={state} />
          </div>
          <RequestCard state={state} />
        </div>
      )}
    </Page>
  );
}

function ProgressBar({ done, total }: { done: number; total: number }) {
  return (
    <div className="mb-5 flex items-center gap-3">
      <div aria-hidden="true" className="flex flex-1 gap-1">
        {Array.from({ length: total }, (_, index) => (
          <span
            // biome-ignore lint/suspicious/noArrayIndexKey: the segments have no identity and never change places.
            key={index}
            className={`h-1 flex-1 rounded-sm transition-colors duration-500 ${index < done ? "bg-accent" : "bg-line"}`}
          />
        ))}
      </div>
      <p className="text-xs text-muted tabular-nums" aria-live="polite">
        {text.progress(done, total)}
      </p>
    </div>
  );
}

function GetStartedSkeleton() {
  return (
    <div aria-busy="true" className="grid gap-10 lg:grid-cols-[minmax(16rem,20rem)_minmax(0,1fr)]">
      <span className="sr-only">{messages.common.loading}</span>
      <div className="flex flex-col gap-6">
        <Skeleton className="h-4 w-full" />
        <Skeleton className="h-12 w-full" />
        <Skeleton className="h-12 w-full" />
        <Skeleton className="h-12 w-full" />
      </div>
      <Skeleton className="h-96 w-full rounded-xl" />
    </div>
  );
}
