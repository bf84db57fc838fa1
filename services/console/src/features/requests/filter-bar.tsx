import { Search } from "lucide-react";
import { Button } from "../../components/ui/button.tsx";
import { Select } from "../../components/ui/select.tsx";
import { messages } from "../../messages/messages.ts";
import { providerName, providerNames } from "../providers/provider-title.ts";
import { type Filters, isFiltered, ranges } from "./filters.ts";
import { SearchInput } from "./search-input.tsx";

const text = messages.requests.filters;

/** A select has no empty value of its own; this one stands for "no filter". */
const any = "any";

const providerOptions = [
  { value: any, label: text.allProviders },
  ...providerNames.map((value) => ({ value, label: providerName(value) })),
] as const;

const statusOptions = [
  { value: any, label: text.allStatuses },
  { value: "success", label: text.success },
  { value: "client_error", label: text.clientError },
  { value: "server_error", label: text.serverError },
] as const;

const rangeOptions = ranges.map((value) => ({ value, label: text.ranges[value] }));

type FilterBarProps = {
  filters: Filters;
  onChange: (change: Partial<Omit<Filters, "page" | "request">>) => void;
  onClear: () => void;
};

export function FilterBar({ filters, onChange, onClear }: FilterBarProps) {
  return (
    <search aria-label={text.label} className="grid grid-cols-2 gap-2 sm:flex sm:flex-wrap sm:items-center">
      <SearchInput
        label={text.search}
        icon={Search}
        value={filters.text}
        onChange={(value) => onChange({ text: value })}
        className="col-span-2 sm:w-72"
      />
      <SearchInput
        label={text.model}
        placeholder={text.modelPlaceholder}
        value={filters.model}
        onChange={(value) => onChange({ model: value })}
        className="sm:w-40"
      />
      <Select
        label={text.provider}
        size="small"
        className="w-full sm:w-auto"
        value={filters.provider ?? any}
        options={providerOptions}
        onChange={(value) => onChange({ provider: value === any ? null : value })}
      />
      <Select
        label={text.status}
        size="small"
        className="w-full sm:w-auto"
        value={filters.status ?? any}
        options={statusOptions}
        onChange={(value) => onChange({ status: value === any ? null : value })}
      />
      <Select
        label={text.range}
        size="small"
        className="w-full sm:w-auto"
        value={filters.range}
        options={rangeOptions}
        onChange={(range) => onChange({ range })}
      />
      {isFiltered(filters) && (
        <Button variant="ghost" className="col-span-2 sm:col-span-1" onClick={onClear}>
          {text.clear}
        </Button>
      )}
    </search>
  );
}
