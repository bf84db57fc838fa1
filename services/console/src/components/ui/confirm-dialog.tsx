import { useState } from "react";
import { messages } from "../../messages/messages.ts";
import { Button } from "./button.tsx";
import { Dialog, DialogActions, DialogCancel } from "./dialog.tsx";
import { FormFailure } from "./failure.tsx";

type ConfirmDialogProps<TSubject> = {
  /** What the question is about; null keeps the dialog closed. */
  subject: TSubject | null;
  title: (subject: TSubject) => string;
  description: string;
  confirm: string;
  pending: boolean;
  error: unknown;
  onConfirm: (subject: TSubject) => void;
  onClose: () => void;
};

/** Asks before something that cannot be undone. */
export function ConfirmDialog<TSubject>(properties: ConfirmDialogProps<TSubject>) {
  const { subject, title, description, confirm, pending, error, onConfirm, onClose } = properties;
  // While the dialog fades out its subject is gone already; the text must not change under the reader.
  const [shown, setShown] = useState(subject);
  if (subject !== null && subject !== shown) setShown(subject);
  return (
    <Dialog
      open={subject !== null}
      onOpenChange={onClose}
      title={shown === null ? "" : title(shown)}
      description={description}
    >
      <FormFailure error={error} />
      <DialogActions>
        <DialogCancel>{messages.common.cancel}</DialogCancel>
        <Button
          variant="danger"
          pending={pending}
          onClick={() => {
            if (subject !== null) onConfirm(subject);
          }}
        >
          {confirm}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
