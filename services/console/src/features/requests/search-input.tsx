import type { LucideIcon } from "lucide-react";
import { useEffect, useState } from "react";
import { Input } from "../../components/ui/field.tsx";
import { classNames } from "../../library/class-names.ts";

/** How long typing rests before it counts, in milliseconds. */
const settleTime = 300;

/** The longest text that control searches for. */
const maximumLength = 200;

type SearchInputProps = {
  label: string;
  placeholder?: string;
  icon?: LucideIcon;
  value: string;
  onChange: (value: string) => void;
  className?: string;
};

/** A text filter that waits until the reader stops typing, and follows its value when that changes elsewhere. */
export function SearchInput({
  label,
  placeholder,
  icon: Icon,
  value,
  onChange,
  className,
}: SearchInputProps) {
  const [draft, setDraft] = useState(value);
  const [followed, setFollowed] = useState(value);
  if (value !== followed) {
    setFollowed(value);
    setDraft(value);
  }

  useEffect(() => {
    if (draft === value) return;
    const timer = setTimeout(() => onChange(draft), settleTime);
    return () => clearTimeout(timer);
  }, [draft, value, onChange]);

  return (
    <div className={classNames("relative min-w-0", className)}>
      {Icon !== undefined && (
        <Icon
          aria-hidden="true"
          className="pointer-events-none absolute top-1/2 left-2.5 size-4 -translate-y-1/2 text-faint"
        />
      )}
      <Input
        type="search"
        aria-label={label}
        placeholder={placeholder ?? label}
        maxLength={maximumLength}
        value={draft}
        onChange={(event) => setDraft(event.target.value)}
        className={classNames("h-8 text-sm", Icon !== undefined && "pl-8")}
      />
    </div>
  );
}
