import { classNames } from "../../library/class-names.ts";
import { messages } from "../../messages/messages.ts";

/** The mark: one closed line that never ends. */
export function BrandMark({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true" className={classNames("size-6 shrink-0", className)}>
      <path
        d="M12 12C9.8 9 8 7.4 5.8 7.4a4.6 4.6 0 0 0 0 9.2C8 16.6 9.8 15 12 12Zm0 0c2.2 3 4 4.6 6.2 4.6a4.6 4.6 0 0 0 0-9.2C16 7.4 14.2 9 12 12Z"
        fill="none"
        stroke="currentColor"
        strokeWidth="2.1"
        strokeLinejoin="round"
      />
    </svg>
  );
}

export function Brand({ className }: { className?: string }) {
  return (
    <span className={classNames("inline-flex items-center gap-2 font-semibold tracking-tight", className)}>
      <BrandMark className="text-accent" />
      {messages.common.productName}
    </span>
  );
}
