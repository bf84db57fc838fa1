import type { ReactNode } from "react";
import { classNames } from "../../library/class-names.ts";

export function Card({ className, children }: { className?: string; children: ReactNode }) {
  return (
    <div className={classNames("rounded-xl border border-line bg-surface shadow-raised", className)}>
      {children}
    </div>
  );
}
