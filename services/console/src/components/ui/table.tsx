import type { ReactNode } from "react";
import { classNames } from "../../library/class-names.ts";
import { messages } from "../../messages/messages.ts";
import { Skeleton } from "./skeleton.tsx";

/** The card around a table and around what stands in its place. */
export function TableFrame({ className, children }: { className?: string; children: ReactNode }) {
  return (
    <div
      className={classNames(
        "overflow-hidden rounded-xl border border-line bg-surface shadow-raised",
        className,
      )}
    >
      {children}
    </div>
  );
}

/** A short table, all rows at once. */
export function Table({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="overflow-x-auto">
      <table aria-label={label} className="w-full border-collapse text-sm">
        {children}
      </table>
    </div>
  );
}

/** The look of column headings in every table. */
export const headingStyles = "bg-sunken text-xs font-medium text-muted whitespace-nowrap";

type HeaderCellProps = {
  className?: string;
  /** Names a column that shows no heading. */
  label?: string;
  children?: ReactNode;
};

export function HeaderCell({ className, label, children }: HeaderCellProps) {
  return (
    <th
      scope="col"
      className={classNames("h-9 px-3 text-left first:pl-4 last:pr-4", headingStyles, className)}
    >
      {label === undefined ? children : <span className="sr-only">{label}</span>}
    </th>
  );
}

export function Cell({ className, children }: { className?: string; children?: ReactNode }) {
  return <td className={classNames("h-11 px-3 first:pl-4 last:pr-4", className)}>{children}</td>;
}

export function TableSkeleton({ rows }: { rows: number }) {
  return (
    <div aria-busy="true">
      <span className="sr-only">{messages.common.loading}</span>
      <div className={classNames("h-9", headingStyles)} />
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows have no identity and never change places.
        <div key={row} className="flex h-11 items-center gap-6 border-t border-line px-4">
          <Skeleton className="h-3 w-20" />
          <Skeleton className="h-3 w-40 max-w-[40%]" />
          <Skeleton className="ml-auto h-3 w-16" />
        </div>
      ))}
    </div>
  );
}
