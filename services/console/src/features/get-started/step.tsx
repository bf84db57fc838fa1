import { Check } from "lucide-react";
import type { ReactNode } from "react";
import { classNames } from "../../library/class-names.ts";
import { messages } from "../../messages/messages.ts";
import type { StepState } from "./checklist.ts";

const text = messages.getStarted;
const stateText: Record<StepState, string> = {
  done: text.done,
  current: text.current,
  waiting: text.waiting,
};

type StepProps = { number: number; title: string; state: StepState; children?: ReactNode };

/** One step of the checklist: its state, its title, and what there is to do or what came of it. */
export function Step({ number, title, state, children }: StepProps) {
  return (
    <li
      className="group relative flex gap-3.5 pb-6 last:pb-0"
      aria-current={state === "current" ? "step" : undefined}
    >
      <span
        aria-hidden="true"
        className="absolute top-8 bottom-2 left-[0.8125rem] w-px bg-line group-last:hidden"
      />
      <StepMarker number={number} state={state} />
      <div className="min-w-0 flex-1 pt-0.5">
        <h2 className={classNames("text-base font-semibold", state === "waiting" && "text-muted")}>
          {title}
          <span className="sr-only"> · {stateText[state]}</span>
        </h2>
        {children !== undefined && <div className="mt-1 text-sm text-muted">{children}</div>}
      </div>
    </li>
  );
}

const markerStyles: Record<StepState, string> = {
  done: "bg-success-soft text-success",
  current: "bg-primary text-on-primary",
  waiting: "border border-line-strong text-faint",
};

function StepMarker({ number, state }: { number: number; state: StepState }) {
  return (
    <span
      aria-hidden="true"
      className={classNames(
        "grid size-[1.6875rem] shrink-0 place-items-center rounded-full text-xs font-semibold tabular-nums transition-colors duration-300",
        markerStyles[state],
      )}
    >
      {state === "done" ? <Check className="size-4" strokeWidth={2.5} /> : number}
    </span>
  );
}
