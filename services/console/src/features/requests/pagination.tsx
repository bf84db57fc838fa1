import type { LogPage } from "@perpetuo/contracts/api/logs";
import { ChevronLeft, ChevronRight } from "lucide-react";
import { Button } from "../../components/ui/button.tsx";
import { formatCount, formatTotal } from "../../library/format.ts";
import { messages } from "../../messages/messages.ts";
import { pageSize } from "./filters.ts";

const text = messages.requests.pages;

type PaginationProps = {
  page: number;
  data: Pick<LogPage, "items" | "total" | "total_is_capped" | "next_cursor">;
  onOpen: (page: number) => void;
};

export function Pagination({ page, data, onOpen }: PaginationProps) {
  const first = (page - 1) * pageSize + 1;
  const last = first + data.items.length - 1;
  const total = formatTotal(data.total, data.total_is_capped);
  // Beyond the exact total the server pages by cursor only, and the filters are the better way to an old row.
  const hasNext = last < data.total;
  return (
    <nav
      aria-label={text.label}
      className="flex items-center justify-between gap-3 border-t border-line px-4 py-1.5"
    >
      <p className="text-sm text-muted tabular-nums">
        {data.items.length === 0 ? total : text.range(formatCount(first), formatCount(last), total)}
      </p>
      <div className="flex gap-1">
        <Button
          variant="ghost"
          size="icon"
          aria-label={text.previous}
          disabled={page <= 1}
          onClick={() => onOpen(page - 1)}
        >
          <ChevronLeft aria-hidden="true" />
        </Button>
        <Button
          variant="ghost"
          size="icon"
          aria-label={text.next}
          disabled={!hasNext}
          onClick={() => onOpen(page + 1)}
        >
          <ChevronRight aria-hidden="true" />
        </Button>
      </div>
    </nav>
  );
}
