import { CopyButton } from "../../components/ui/copy-button.tsx";

/** A secret that is on screen for the only time, ready to be copied. */
export function SecretOnce({ text, subject }: { text: string; subject: string }) {
  return (
    <div className="flex items-center gap-2 rounded-lg border border-line-strong bg-sunken py-1 pr-1 pl-3">
      <code className="min-w-0 flex-1 py-1 font-mono text-sm break-all select-all">{text}</code>
      <CopyButton text={text} subject={subject} />
    </div>
  );
}
