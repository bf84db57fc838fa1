import { Select as BaseSelect } from "@base-ui/react/select";
import { Check, ChevronsUpDown } from "lucide-react";
import { classNames } from "../../library/class-names.ts";
import { controlStyles } from "./field.tsx";
import { popupStyles } from "./popup-styles.ts";

export type SelectOption<TValue extends string> = { value: TValue; label: string };

type SelectProps<TValue extends string> = {
  /** Names the control where no `Field` does. */
  label?: string;
  value: TValue;
  options: readonly SelectOption<TValue>[];
  onChange: (value: TValue) => void;
  size?: "small" | "medium";
  className?: string;
};

/** One value out of a short list. */
export function Select<TValue extends string>(properties: SelectProps<TValue>) {
  const { label, value, options, onChange, size = "medium", className } = properties;
  return (
    <BaseSelect.Root
      items={options}
      value={value}
      onValueChange={(next) => {
        if (next !== null) onChange(next);
      }}
    >
      <BaseSelect.Trigger
        aria-label={label}
        className={classNames(
          controlStyles,
          "flex cursor-pointer items-center justify-between gap-2 text-left select-none",
          size === "small" && "h-8 w-auto text-sm",
          className,
        )}
      >
        <BaseSelect.Value className="truncate" />
        <BaseSelect.Icon>
          <ChevronsUpDown aria-hidden="true" className="size-3.5 text-faint" />
        </BaseSelect.Icon>
      </BaseSelect.Trigger>
      <BaseSelect.Portal>
        <BaseSelect.Positioner sideOffset={4} alignItemWithTrigger={false} className="z-50 outline-none">
          <BaseSelect.Popup className={classNames(popupStyles, "min-w-(--anchor-width)")}>
            <BaseSelect.List className="max-h-(--available-height) overflow-y-auto">
              {options.map((option) => (
                <SelectItem key={option.value} option={option} />
              ))}
            </BaseSelect.List>
          </BaseSelect.Popup>
        </BaseSelect.Positioner>
      </BaseSelect.Portal>
    </BaseSelect.Root>
  );
}

function SelectItem({ option }: { option: SelectOption<string> }) {
  return (
    <BaseSelect.Item
      value={option.value}
      className="flex h-8 cursor-pointer items-center justify-between gap-6 rounded-md px-2 text-sm outline-none select-none data-highlighted:bg-hover"
    >
      <BaseSelect.ItemText>{option.label}</BaseSelect.ItemText>
      <BaseSelect.ItemIndicator>
        <Check aria-hidden="true" className="size-3.5 text-accent" />
      </BaseSelect.ItemIndicator>
    </BaseSelect.Item>
  );
}
