import { Dialog as BaseDialog } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { classNames } from "../../library/class-names.ts";
import { messages } from "../../messages/messages.ts";
import { Button } from "./button.tsx";

const backdropStyles =
  "fixed inset-0 z-40 bg-scrim transition-opacity duration-150 data-starting-style:opacity-0 data-ending-style:opacity-0";

type DialogProps = {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: ReactNode;
  description?: ReactNode;
  /** Stays open when the reader clicks beside it: for content that cannot be brought back. */
  sticky?: boolean;
  children: ReactNode;
};

/** A centred modal dialog; on narrow screens it rises from the bottom edge. */
export function Dialog({ open, onOpenChange, title, description, sticky = false, children }: DialogProps) {
  return (
    <BaseDialog.Root open={open} onOpenChange={(next) => onOpenChange(next)} disablePointerDismissal={sticky}>
      <BaseDialog.Portal>
        <BaseDialog.Backdrop className={backdropStyles} />
        <BaseDialog.Viewport className="fixed inset-0 z-40 flex items-end justify-center overflow-y-auto sm:items-center sm:p-6">
          <BaseDialog.Popup
            className={classNames(
              "relative flex max-h-[92dvh] w-full flex-col overflow-y-auto rounded-t-xl bg-surface p-5 shadow-overlay outline-none sm:max-w-md sm:rounded-xl",
              "transition-[opacity,translate] duration-150 ease-out data-starting-style:translate-y-2 data-starting-style:opacity-0 data-ending-style:translate-y-2 data-ending-style:opacity-0",
            )}
          >
            <BaseDialog.Title className="pr-8 text-lg font-semibold tracking-tight">{title}</BaseDialog.Title>
            {description !== undefined && (
              <BaseDialog.Description className="mt-1 text-sm text-muted">
                {description}
              </BaseDialog.Description>
            )}
            <div className="mt-4">{children}</div>
            <OverlayClose className="absolute top-3.5 right-3.5" />
          </BaseDialog.Popup>
        </BaseDialog.Viewport>
      </BaseDialog.Portal>
    </BaseDialog.Root>
  );
}

/** The buttons of a dialog, at its end. */
export function DialogActions({ children }: { children: ReactNode }) {
  return <div className="mt-6 flex flex-wrap justify-end gap-2">{children}</div>;
}

export function DialogCancel({ children }: { children: ReactNode }) {
  return <BaseDialog.Close render={<Button />}>{children}</BaseDialog.Close>;
}

export function OverlayClose({ className }: { className?: string }) {
  return (
    <BaseDialog.Close
      render={<Button variant="ghost" size="icon-small" aria-label={messages.common.close} />}
      {...(className === undefined ? {} : { className })}
    >
      <X aria-hidden="true" />
    </BaseDialog.Close>
  );
}

type SheetProps = {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  side?: "left" | "right";
  /** Read to assistive technology; the sheet's content shows its own heading. */
  label: string;
  className?: string;
  children: ReactNode;
};

const sheetSide = {
  left: "left-0 data-starting-style:-translate-x-8 data-ending-style:-translate-x-8",
  right: "right-0 data-starting-style:translate-x-8 data-ending-style:translate-x-8",
};

/** A full-height panel at one side of the window. */
export function Sheet({ open, onOpenChange, side = "right", label, className, children }: SheetProps) {
  return (
    <BaseDialog.Root open={open} onOpenChange={(next) => onOpenChange(next)}>
      <BaseDialog.Portal>
        <BaseDialog.Backdrop className={backdropStyles} />
        <BaseDialog.Popup
          className={classNames(
            "fixed inset-y-0 z-40 flex w-full flex-col bg-surface shadow-overlay outline-none",
            "transition-[opacity,translate] duration-200 ease-out data-starting-style:opacity-0 data-ending-style:opacity-0",
            sheetSide[side],
            className,
          )}
        >
          <BaseDialog.Title className="sr-only">{label}</BaseDialog.Title>
          {children}
        </BaseDialog.Popup>
      </BaseDialog.Portal>
    </BaseDialog.Root>
  );
}
