import type { LogItem } from "@perpetuo/contracts/api/logs";
import { createColumnHelper, tableFeatures } from "@tanstack/react-table";
import { formatDollars, formatFullMoment, formatMilliseconds, type Moment } from "../../library/format.ts";
import { messages } from "../../messages/messages.ts";
import { providerName } from "../providers/provider-title.ts";
import { StatusBadge } from "./status-badge.tsx";
import { TokenCounts } from "./token-counts.tsx";

const text = messages.requests.columns;

/** A row with what the log names only by id. */
export type RequestRow = LogItem & { api_key_label: string; moment: Moment };

export type ColumnId =
  | "created_at"
  | "status_code"
  | "model"
  | "provider_used"
  | "api_key_label"
  | "tokens"
  | "cost_usd"
  | "duration_ms"
  | "time_to_first_byte_ms";

/**
 * How a column is laid out. Widths are pixels; null takes what is left. A column appears from the table width `from` on,
 * so that a phone shows the four that identify a request and the detail shows the rest.
 */
export type ColumnLayout = { width: number | null; from: number; align: "left" | "right" };

export const columnLayout: Record<ColumnId, ColumnLayout> = {
  created_at: { width: 132, from: 0, align: "left" },
  status_code: { width: 64, from: 0, align: "left" },
  model: { width: null, from: 0, align: "left" },
  provider_used: { width: 128, from: 640, align: "left" },
  api_key_label: { width: 144, from: 1_120, align: "left" },
  tokens: { width: 128, from: 860, align: "right" },
  cost_usd: { width: 96, from: 540, align: "right" },
  duration_ms: { width: 98, from: 0, align: "right" },
  time_to_first_byte_ms: { width: 92, from: 980, align: "right" },
};

export const features = tableFeatures({});
const column = createColumnHelper<typeof features, RequestRow>();

const allColumns = column.columns([
  column.accessor("created_at", {
    header: text.time,
    cell: ({ row }) => (
      <time
        dateTime={row.original.created_at}
        title={formatFullMoment(row.original.created_at)}
        className="flex flex-wrap gap-x-1.5 leading-4"
      >
        {row.original.moment.day !== null && <span>{row.original.moment.day}</span>}
        <span>{row.original.moment.time}</span>
      </time>
    ),
  }),
  column.accessor("status_code", {
    header: text.status,
    cell: ({ row }) => <StatusBadge status={row.original.status_code} />,
  }),
  column.accessor("model", {
    header: text.model,
    cell: ({ row }) => (
      <span className="@container flex min-w-0 items-baseline gap-2">
        <span className="truncate font-medium">{row.original.model ?? messages.common.none}</span>
        {row.original.error_code !== null && (
          <span className="hidden truncate text-xs text-muted @[14rem]:inline">
            {row.original.error_code}
          </span>
        )}
      </span>
    ),
  }),
  column.accessor("provider_used", {
    header: text.provider,
    cell: ({ row }) => {
      const provider = row.original.provider_used;
      return provider === null ? messages.common.none : providerName(provider);
    },
  }),
  column.accessor("api_key_label", {
    header: text.apiKey,
    cell: ({ row }) => row.original.api_key_label,
  }),
  column.display({
    id: "tokens",
    header: text.tokens,
    cell: ({ row }) => <TokenCounts usage={row.original} />,
  }),
  column.accessor("cost_usd", {
    header: text.cost,
    cell: ({ row }) => <Cost amount={row.original.cost_usd} />,
  }),
  column.accessor("duration_ms", {
    header: text.duration,
    cell: ({ row }) => formatMilliseconds(row.original.duration_ms),
  }),
  column.accessor("time_to_first_byte_ms", {
    header: text.firstByte,
    cell: ({ row }) => formatMilliseconds(row.original.time_to_first_byte_ms),
  }),
]);

/** The columns that fit a table of the given width, in pixels. */
export function columnsForWidth(width: number) {
  return allColumns.filter((candidate) => layoutOf(candidate.id ?? accessorKeyOf(candidate)).from <= width);
}

export function layoutOf(columnId: string): ColumnLayout {
  return columnLayout[columnId as ColumnId];
}

function accessorKeyOf(candidate: (typeof allColumns)[number]): string {
  return "accessorKey" in candidate ? String(candidate.accessorKey) : "";
}

function Cost({ amount }: { amount: number | null }) {
  return <span className={amount === null ? "text-faint" : undefined}>{formatDollars(amount)}</span>;
}
