import type { ComponentProps } from "react";
import { classNames } from "../../library/class-names.ts";

/** The wide, two-line buttons of the side bar that open menus. */
export function ShellButton({ className, ...rest }: ComponentProps<"button">) {
  return (
    <button
      type="button"
      {...rest}
      className={classNames(
        "flex w-full min-w-0 cursor-pointer items-center gap-2.5 rounded-lg px-2 py-1.5 text-left transition-colors hover:bg-hover aria-expanded:bg-hover",
        className,
      )}
    />
  );
}
