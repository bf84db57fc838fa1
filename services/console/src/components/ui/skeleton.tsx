import { classNames } from "../../library/class-names.ts";

/** The place of content that is on its way. */
export function Skeleton({ className }: { className?: string }) {
  return (
    <div aria-hidden="true" className={classNames("animate-pulse-soft rounded-sm bg-hover", className)} />
  );
}
