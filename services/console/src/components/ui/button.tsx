import { Button as BaseButton } from "@base-ui/react/button";
import { cva, type VariantProps } from "class-variance-authority";
import type { ComponentProps } from "react";
import { classNames } from "../../library/class-names.ts";
import { Spinner } from "./spinner.tsx";

/** The look of a button, for links that act as one too. */
export const buttonStyles = cva(
  [
    "relative inline-flex shrink-0 cursor-pointer items-center justify-center gap-1.5 rounded-md font-medium whitespace-nowrap select-none",
    "transition-colors duration-100 data-disabled:pointer-events-none data-disabled:opacity-50",
    "[&_svg]:shrink-0",
  ],
  {
    variants: {
      variant: {
        primary: "bg-primary text-on-primary hover:bg-primary-hover",
        secondary:
          "border border-line-strong bg-surface text-foreground shadow-raised hover:bg-hover aria-expanded:bg-hover",
        ghost: "text-muted hover:bg-hover hover:text-foreground aria-expanded:bg-hover",
        danger: "bg-danger-strong text-on-danger hover:opacity-90",
        "danger-ghost": "text-danger hover:bg-danger-soft",
      },
      size: {
        small: "h-7 px-2 text-sm [&_svg]:size-3.5",
        medium: "h-8 px-3 text-sm [&_svg]:size-4",
        large: "h-10 px-4 text-base [&_svg]:size-4",
        icon: "size-8 [&_svg]:size-4",
        "icon-small": "size-7 [&_svg]:size-4",
      },
    },
    defaultVariants: { variant: "secondary", size: "medium" },
  },
);

type ButtonProps = Omit<ComponentProps<typeof BaseButton>, "className"> &
  VariantProps<typeof buttonStyles> & {
    className?: string;
    /** Shows a spinner over the label and refuses clicks; the width stays. */
    pending?: boolean;
  };

export function Button({ variant, size, className, pending = false, children, ...rest }: ButtonProps) {
  return (
    <BaseButton
      type="button"
      aria-busy={pending || undefined}
      {...rest}
      disabled={pending || rest.disabled}
      focusableWhenDisabled={pending}
      className={classNames(buttonStyles({ variant, size }), className)}
    >
      <span className={classNames("contents", pending && "invisible")}>{children}</span>
      {pending && <Spinner className="absolute" />}
    </BaseButton>
  );
}
