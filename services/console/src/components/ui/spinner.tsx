import { LoaderCircle } from "lucide-react";
import { classNames } from "../../library/class-names.ts";

/** Decoration only: what is loading says so in text or with `aria-busy`. */
export function Spinner({ className }: { className?: string }) {
  return <LoaderCircle aria-hidden="true" className={classNames("size-4 animate-spin", className)} />;
}
