import { Field as BaseField } from "@base-ui/react/field";
import type { ComponentProps, ReactNode } from "react";
import { classNames } from "../../library/class-names.ts";

/** The look of every one-line control. */
export const controlStyles = [
  "h-9 w-full min-w-0 rounded-md border border-input bg-surface px-2.5 text-base text-foreground",
  "placeholder:text-faint transition-colors hover:border-muted",
  "focus-visible:border-accent focus-visible:outline-1 focus-visible:outline-offset-0",
  "data-invalid:border-danger disabled:opacity-50",
].join(" ");

type FieldProps = {
  name?: string;
  label: string;
  /** Marks the label; the form's schema decides what is really required. */
  optionalText?: string;
  description?: ReactNode;
  /** The message of a failed validation; its presence marks the control invalid. */
  error?: string | undefined;
  className?: string;
  children: ReactNode;
};

/** A labelled control with its hint and its error, tied together for assistive technology. */
export function Field(properties: FieldProps) {
  const { name, label, optionalText, description, error, className, children } = properties;
  return (
    <BaseField.Root
      {...(name === undefined ? {} : { name })}
      invalid={error !== undefined}
      className={classNames("flex min-w-0 flex-col gap-1.5", className)}
    >
      <BaseField.Label className="flex items-baseline justify-between gap-2 text-sm font-medium">
        {label}
        {optionalText !== undefined && <span className="text-xs font-normal text-faint">{optionalText}</span>}
      </BaseField.Label>
      {children}
      {description !== undefined && (
        <BaseField.Description className="text-xs text-muted">{description}</BaseField.Description>
      )}
      <BaseField.Error match={error !== undefined} className="text-xs text-danger">
        {error}
      </BaseField.Error>
    </BaseField.Root>
  );
}

/** A one-line text control; inside a `Field` it takes the field's label and description. */
export function Input({ className, ...rest }: ComponentProps<"input">) {
  return <BaseField.Control {...rest} className={classNames(controlStyles, className)} />;
}
