import type { ReactNode } from "react";
import { classNames } from "../../library/class-names.ts";

/** The body of a page. `reading` is for forms and prose, `wide` for tables. */
export function Page({ width = "wide", children }: { width?: "reading" | "wide"; children: ReactNode }) {
  return (
    <div
      className={classNames(
        "flex w-full flex-col gap-5 px-4 py-5 sm:px-6 sm:py-7",
        width === "reading" && "max-w-6xl",
      )}
    >
      {children}
    </div>
  );
}
