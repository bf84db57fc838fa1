import { type ClientError, readClientError } from "@perpetuo/client/errors";
import { Lock, ServerCrash } from "lucide-react";
import { messages } from "../../messages/messages.ts";
import { Button } from "./button.tsx";
import { Callout } from "./callout.tsx";
import { StateMessage } from "./state-message.tsx";

/** The sentence of a failed call that a reader can act on. */
export function failureText(error: unknown): string {
  const failure = readClientError(error);
  return failureSentence(failure);
}

function failureSentence(failure: ClientError): string {
  if (failure.kind === "answered") return failure.message;
  return failure.kind === "unreachable"
    ? messages.common.errors.unreachable
    : messages.common.errors.unexpected;
}

/** In the place of content that could not be read. A refusal for the reader's role offers no retry. */
export function FailureState({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const failure = readClientError(error);
  if (failure.kind === "answered" && failure.code === "forbidden") {
    return (
      <StateMessage
        icon={Lock}
        title={messages.common.errors.forbiddenTitle}
        description={messages.common.errors.forbidden}
      />
    );
  }
  return (
    <div role="alert">
      <StateMessage
        icon={ServerCrash}
        title={messages.common.errors.title}
        description={
          <>
            {failureSentence(failure)}
            {failure.kind === "answered" && failure.request_id !== null && (
              <span className="mt-2 block font-mono text-xs text-faint">
                {messages.common.requestId}: {failure.request_id}
              </span>
            )}
          </>
        }
        action={<Button onClick={onRetry}>{messages.common.retry}</Button>}
      />
    </div>
  );
}

/** Within a form, above its buttons. */
export function FormFailure({ error }: { error: unknown }) {
  if (error === null || error === undefined) return null;
  return <Callout tone="danger">{failureText(error)}</Callout>;
}
