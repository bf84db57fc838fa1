import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { messages } from "../../messages/messages.ts";
import { Button } from "./button.tsx";

const shownForMilliseconds = 1600;

type CopyState = { kind: "idle" } | { kind: "copied" } | { kind: "failed" };

type CopyButtonProps = {
  text: string;
  /** What is copied, for assistive technology, such as "API key". */
  subject: string;
  className?: string;
};

/** Copies a text and says for a moment that it did. */
export function CopyButton({ text, subject, className }: CopyButtonProps) {
  const [state, setState] = useState<CopyState>({ kind: "idle" });

  useEffect(() => {
    if (state.kind === "idle") return;
    const timer = setTimeout(() => setState({ kind: "idle" }), shownForMilliseconds);
    return () => clearTimeout(timer);
  }, [state]);

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setState({ kind: "copied" });
    } catch {
      // The clipboard is closed to pages without a secure context or permission.
      setState({ kind: "failed" });
    }
  };
  const label = {
    idle: messages.common.copy,
    copied: messages.common.copied,
    failed: messages.common.copyFailed,
  };

  return (
    <Button
      variant="ghost"
      size="small"
      aria-label={`${label[state.kind]}: ${subject}`}
      onClick={() => void copy()}
      {...(className === undefined ? {} : { className })}
    >
      {state.kind === "copied" ? <Check aria-hidden="true" /> : <Copy aria-hidden="true" />}
      <span aria-live="polite" className="max-sm:sr-only">
        {label[state.kind]}
      </span>
    </Button>
  );
}
