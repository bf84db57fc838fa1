import { FlexRender, type Header, type Row, useTable } from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, useMemo, useRef } from "react";
import { headingStyles } from "../../components/ui/table.tsx";
import { classNames } from "../../library/class-names.ts";
import { useElementWidth } from "../../library/use-element-width.ts";
import { messages } from "../../messages/messages.ts";
import { columnsForWidth, features, layoutOf, type RequestRow } from "./columns.tsx";

const rowHeight = 38;
const headingHeight = 36;

type RequestTableProps = {
  rows: RequestRow[];
  selectedId: string | null;
  /** True while the rows belong to the question before. */
  stale: boolean;
  onOpen: (id: string) => void;
};

/** The requests of one page. Only the rows in sight are in the document; spacer rows keep the scroll bar honest. */
export function RequestTable({ rows, selectedId, stale, onOpen }: RequestTableProps) {
  const scrollRef = useRef<HTMLDivElement>(null);
  const width = useElementWidth(scrollRef);
  const columns = useMemo(() => columnsForWidth(width), [width]);
  const table = useTable({ features, columns, data: rows, getRowId: (row) => row.id });
  const tableRows = table.getRowModel().rows;
  const virtualizer = useVirtualizer({
    count: tableRows.length,
    getScrollElement: () => scrollRef.current,
    estimateSize: () => rowHeight,
    scrollMargin: headingHeight,
    overscan: 12,
  });
  const inSight = virtualizer.getVirtualItems();
  const before = (inSight[0]?.start ?? headingHeight) - headingHeight;
  const after = virtualizer.getTotalSize() - ((inSight.at(-1)?.end ?? headingHeight) - headingHeight);

  return (
    <div
      ref={scrollRef}
      className={classNames("min-h-0 flex-1 overflow-auto transition-opacity", stale && "opacity-60")}
    >
      <table
        aria-label={messages.requests.table}
        aria-rowcount={tableRows.length + 1}
        aria-busy={stale}
        className="w-full table-fixed border-separate border-spacing-0 text-sm"
        onKeyDown={moveBetweenRows}
      >
        <colgroup>
          {table.getAllLeafColumns().map(({ id }) => (
            <col key={id} style={{ width: columnWidth(id, width) }} />
          ))}
        </colgroup>
        <thead className="sticky top-0 z-10">
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id} aria-rowindex={1}>
              {group.headers.map((header) => (
                <HeadingCell key={header.id} header={header} />
              ))}
            </tr>
          ))}
        </thead>
        <tbody>
          <Spacer height={before} columns={columns.length} />
          {inSight.map(({ index }) => {
            const row = tableRows[index];
            if (row === undefined) return null;
            return (
              <BodyRow
                key={row.id}
                row={row}
                position={index + 2}
                selected={row.id === selectedId}
                onOpen={onOpen}
              />
            );
          })}
          <Spacer height={after} columns={columns.length} />
        </tbody>
      </table>
    </div>
  );
}

function HeadingCell({ header }: { header: Header<typeof features, RequestRow> }) {
  return (
    <th
      scope="col"
      className={classNames(
        "h-9 border-b border-line px-2.5 first:pl-4 last:pr-4",
        headingStyles,
        alignment(header.column.id),
      )}
    >
      <FlexRender header={header} />
    </th>
  );
}

type BodyRowProps = {
  row: Row<typeof features, RequestRow>;
  /** The row's place in the whole table, heading included, counted from 1. */
  position: number;
  selected: boolean;
  onOpen: (id: string) => void;
};

/** The button of the first cell covers the row, so that all of it can be clicked and one stop of the keyboard opens it. */
function BodyRow({ row, position, selected, onOpen }: BodyRowProps) {
  return (
    <tr
      aria-rowindex={position}
      className={classNames(
        "group relative h-[38px] hover:bg-hover has-focus-visible:bg-hover",
        selected && "bg-selected hover:bg-selected",
      )}
    >
      {row.getAllCells().map((cell, place) => (
        <td
          key={cell.id}
          className={classNames(
            "truncate border-b border-line px-2.5 text-muted tabular-nums first:pl-4 last:pr-4 group-last:border-b-0",
            cell.column.id === "model" && "text-foreground",
            alignment(cell.column.id),
          )}
        >
          {place === 0 ? (
            <button
              type="button"
              data-row-button=""
              className="cursor-pointer outline-none before:absolute before:inset-0 focus-visible:before:outline-2 focus-visible:before:-outline-offset-2 focus-visible:before:outline-accent"
              onClick={() => onOpen(row.id)}
            >
              <FlexRender cell={cell} />
            </button>
          ) : (
            <FlexRender cell={cell} />
          )}
        </td>
      ))}
    </tr>
  );
}

function Spacer({ height, columns }: { height: number; columns: number }) {
  if (height <= 0) return null;
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: a row takes no focus, and this one says nothing.
    <tr aria-hidden="true">
      <td colSpan={columns} style={{ height }} />
    </tr>
  );
}

/** Below this width the time shows without its date's room. */
const narrowTable = 540;

function columnWidth(columnId: string, tableWidth: number): number | undefined {
  if (columnId === "created_at" && tableWidth < narrowTable) return 92;
  return layoutOf(columnId).width ?? undefined;
}

function alignment(columnId: string): string {
  return layoutOf(columnId).align === "right" ? "text-right" : "text-left";
}

/** The arrow keys move the focus from row to row. */
function moveBetweenRows(event: KeyboardEvent<HTMLElement>): void {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const buttons = [...event.currentTarget.querySelectorAll<HTMLElement>("[data-row-button]")];
  const place = buttons.findIndex((button) => button.matches(":focus"));
  const next = buttons[place + (event.key === "ArrowDown" ? 1 : -1)];
  if (place === -1 || next === undefined) return;
  event.preventDefault();
  next.focus();
}
