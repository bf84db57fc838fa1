import { Pencil } from "lucide-react";
import { Button } from "../../components/ui/button.tsx";
import { Cell, HeaderCell, Table } from "../../components/ui/table.tsx";
import { classNames } from "../../library/class-names.ts";
import { formatCompact, formatCount, formatDollars, formatRelative } from "../../library/format.ts";
import { useNow } from "../../library/use-now.ts";
import { messages } from "../../messages/messages.ts";
import type { Subject } from "./subjects.ts";

const text = messages.budgets;
const microsPerDollar = 1_000_000;
/** From this share of a limit on the bar asks for attention. */
const nearShare = 0.8;

type BudgetTableProps = { subjects: Subject[]; onEdit?: (subject: Subject) => void };

/** The workspace first, then each key that can still be used. */
export function BudgetTable({ subjects, onEdit }: BudgetTableProps) {
  const now = useNow(60_000);
  return (
    <Table label={text.table}>
      <thead>
        <tr>
          <HeaderCell>{text.columns.subject}</HeaderCell>
          <HeaderCell>{text.columns.day}</HeaderCell>
          <HeaderCell>{text.columns.month}</HeaderCell>
          <HeaderCell className="hidden lg:table-cell">{text.columns.requests}</HeaderCell>
          <HeaderCell className="hidden lg:table-cell">{text.columns.tokens}</HeaderCell>
          <HeaderCell className="hidden xl:table-cell">{text.columns.concurrent}</HeaderCell>
          {onEdit !== undefined && <HeaderCell className="w-px" label={text.edit} />}
        </tr>
      </thead>
      <tbody>
        {subjects.map((subject) => (
          <SubjectRow
            key={subject.id ?? ""}
            {...{ subject, now }}
            {...(onEdit !== undefined && { onEdit })}
          />
        ))}
      </tbody>
    </Table>
  );
}

export function subjectName({ id, name }: Pick<Subject, "id" | "name">): string {
  return id === null ? text.workspace : (name ?? id);
}

type SubjectRowProps = { subject: Subject; now: Date; onEdit?: (subject: Subject) => void };

function SubjectRow({ subject, now, onEdit }: SubjectRowProps) {
  const { budget, quota } = subject;
  const name = subjectName(subject);
  return (
    <tr className="border-t border-line align-top">
      <Cell className="max-w-32 py-3 sm:max-w-64">
        <span className={classNames("block truncate", subject.id === null && "font-medium")}>{name}</span>
        {budget.unpriced_requests > 0 && (
          <span className="block text-xs text-warning">{text.unpriced(budget.unpriced_requests)}</span>
        )}
      </Cell>
      <Cell className="py-3">
        <Spending period={budget.day} now={now} />
      </Cell>
      <Cell className="py-3">
        <Spending period={budget.month} now={now} />
      </Cell>
      <Cell className="hidden py-3 lg:table-cell">
        <Rate used={quota.requests_last_minute} limit={quota.requests_per_minute} />
      </Cell>
      <Cell className="hidden py-3 lg:table-cell">
        <Rate used={quota.tokens_last_minute} limit={quota.tokens_per_minute} />
      </Cell>
      <Cell className="hidden py-3 text-muted tabular-nums xl:table-cell">
        {quota.concurrent_requests === null ? text.unlimited : formatCount(quota.concurrent_requests)}
      </Cell>
      {onEdit !== undefined && (
        <Cell className="py-2 text-right">
          <Button
            variant="ghost"
            size="icon-small"
            aria-label={text.editLabel(name)}
            onClick={() => onEdit(subject)}
          >
            <Pencil aria-hidden="true" />
          </Button>
        </Cell>
      )}
    </tr>
  );
}

function Spending({ period, now }: { period: Subject["budget"]["day"]; now: Date }) {
  const spent = formatDollars(period.spent_micros / microsPerDollar);
  if (period.limit_micros === null) return <span className="text-muted tabular-nums">{spent}</span>;
  const limit = formatDollars(period.limit_micros / microsPerDollar);
  const isSpent = period.remaining_micros === 0;
  return (
    <span className="flex min-w-28 flex-col gap-1 tabular-nums">
      <span>{text.of(spent, limit)}</span>
      <Bar share={period.limit_micros === 0 ? 1 : period.spent_micros / period.limit_micros} />
      <span className={classNames("text-xs", isSpent ? "text-danger" : "text-faint")}>
        {isSpent && `${text.exhausted} · `}
        {text.resets(formatRelative(period.resets_at, now))}
      </span>
    </span>
  );
}

function Rate({ used, limit }: { used: number; limit: number | null }) {
  if (limit === null) return <span className="text-muted tabular-nums">{formatCompact(used)}</span>;
  return (
    <span className="flex min-w-20 flex-col gap-1 tabular-nums">
      <span>{text.of(formatCompact(used), formatCompact(limit))}</span>
      <Bar share={used / limit} />
    </span>
  );
}

function barColor(used: number): string {
  if (used >= 1) return "bg-danger";
  return used >= nearShare ? "bg-warning" : "bg-accent";
}

/** How much of a limit is used; the words beside it say the same. */
function Bar({ share }: { share: number }) {
  const used = Math.min(1, share);
  return (
    <span aria-hidden="true" className="block h-1 overflow-hidden rounded-sm bg-hover">
      <span
        className={classNames("block h-full rounded-sm", barColor(used))}
        style={{ width: `${used * 100}%` }}
      />
    </span>
  );
}
