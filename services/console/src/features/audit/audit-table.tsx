import type { RouterOutputs } from "@perpetuo/client/hooks";
import { ChevronRight } from "lucide-react";
import { useState } from "react";
import { Badge, type BadgeTone } from "../../components/ui/badge.tsx";
import { Button } from "../../components/ui/button.tsx";
import { Cell, HeaderCell, Table } from "../../components/ui/table.tsx";
import { classNames } from "../../library/class-names.ts";
import { formatFullMoment, formatRelative } from "../../library/format.ts";
import { useNow } from "../../library/use-now.ts";
import { messages } from "../../messages/messages.ts";
import { changedFields, nameOf } from "./changed-fields.ts";

const text = messages.audit;

type Entry = RouterOutputs["audit"]["list"]["items"][number];

const tones: Record<Entry["action"], BadgeTone> = { insert: "success", update: "neutral", delete: "danger" };

/** Changes, newest first; each opens to what it made different. */
export function AuditTable({ entries }: { entries: Entry[] }) {
  const now = useNow(60_000);
  return (
    <Table label={text.table}>
      <thead>
        <tr>
          <HeaderCell>{text.columns.when}</HeaderCell>
          <HeaderCell>{text.columns.who}</HeaderCell>
          <HeaderCell>{text.columns.what}</HeaderCell>
          <HeaderCell className="hidden lg:table-cell">{text.columns.where}</HeaderCell>
          <HeaderCell className="w-px" label={text.field} />
        </tr>
      </thead>
      <tbody>
        {entries.map((entry) => (
          <EntryRows key={entry.id} entry={entry} now={now} />
        ))}
      </tbody>
    </Table>
  );
}

function EntryRows({ entry, now }: { entry: Entry; now: Date }) {
  const [open, setOpen] = useState(false);
  const subject = text.subjects[entry.table] ?? entry.table;
  const name = nameOf(entry.before, entry.after);
  return (
    <>
      <tr className="border-t border-line">
        <Cell className="whitespace-nowrap text-muted">
          <time dateTime={entry.created_at} title={formatFullMoment(entry.created_at)}>
            {formatRelative(entry.created_at, now)}
          </time>
        </Cell>
        <Cell className="max-w-28 truncate sm:max-w-48">{entry.actor_name ?? entry.actor}</Cell>
        <Cell className="max-w-40 py-2 sm:max-w-80">
          <span className="flex min-w-0 flex-wrap items-center gap-x-2">
            <Badge tone={tones[entry.action]}>{text.actions[entry.action]}</Badge>
            <span className="text-muted">{subject}</span>
            {name !== null && <span className="min-w-0 truncate font-medium">{name}</span>}
          </span>
        </Cell>
        <Cell className="hidden font-mono text-xs text-muted lg:table-cell">
          {entry.ip ?? messages.common.none}
        </Cell>
        <Cell className="py-1.5 text-right">
          <Button
            variant="ghost"
            size="icon-small"
            aria-expanded={open}
            aria-label={text.details(`${subject} ${name ?? entry.record}`)}
            onClick={() => setOpen(!open)}
          >
            <ChevronRight
              aria-hidden="true"
              className={classNames("transition-[rotate] duration-150", open && "rotate-90")}
            />
          </Button>
        </Cell>
      </tr>
      {open && (
        <tr>
          <td colSpan={5} className="bg-sunken px-4 py-3">
            <Changes entry={entry} />
          </td>
        </tr>
      )}
    </>
  );
}

function Changes({ entry }: { entry: Entry }) {
  return (
    <table aria-label={messages.audit.table} className="w-full table-fixed text-xs">
      <thead>
        <tr className="text-left text-faint">
          <th scope="col" className="w-1/4 pb-1 font-medium">
            {text.field}
          </th>
          <th scope="col" className="pb-1 font-medium">
            {text.before}
          </th>
          <th scope="col" className="pb-1 font-medium">
            {text.after}
          </th>
        </tr>
      </thead>
      <tbody>
        {changedFields(entry.before, entry.after).map(({ field, before, after }) => (
          <tr key={field} className="align-top">
            <th scope="row" className="py-0.5 pr-3 text-left font-normal break-words text-muted">
              {field}
            </th>
            <td className="py-0.5 pr-3 font-mono break-all">{before ?? messages.common.none}</td>
            <td className="py-0.5 font-mono break-all">{after ?? messages.common.none}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
