import { messages } from "../../messages/messages.ts";

/** Says that the page keeps itself up to date. */
export function LiveIndicator() {
  return (
    <p className="flex items-center gap-2 text-xs text-muted">
      <span aria-hidden="true" className="size-1.5 animate-pulse-soft rounded-full bg-success" />
      {messages.requests.live}
    </p>
  );
}
