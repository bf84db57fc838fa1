import { api } from "@perpetuo/client/hooks";
import { type FormEvent, useState } from "react";
import { useNavigate } from "react-router";
import { Button } from "../../components/ui/button.tsx";
import { Dialog, DialogActions, DialogCancel } from "../../components/ui/dialog.tsx";
import { FormFailure } from "../../components/ui/failure.tsx";
import { Field, Input } from "../../components/ui/field.tsx";
import { messages } from "../../messages/messages.ts";

type NewWorkspaceDialogProps = { open: boolean; onOpenChange: (open: boolean) => void };

export function NewWorkspaceDialog({ open, onOpenChange }: NewWorkspaceDialogProps) {
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={messages.shell.newWorkspaceTitle}
      description={messages.shell.newWorkspaceDescription}
    >
      <NewWorkspaceForm onCreated={() => onOpenChange(false)} />
    </Dialog>
  );
}

function NewWorkspaceForm({ onCreated }: { onCreated: () => void }) {
  const [name, setName] = useState("");
  const navigate = useNavigate();
  const utils = api.useUtils();
  const create = api.workspaces.create.useMutation({
    onSuccess: async (workspace) => {
      await utils.auth.me.invalidate();
      onCreated();
      await navigate(`/app/${workspace.id}/get-started`);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate({ name });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <Field label={messages.shell.workspaceName}>
        <Input value={name} maxLength={100} required onChange={(event) => setName(event.target.value)} />
      </Field>
      <FormFailure error={create.error} />
      <DialogActions>
        <DialogCancel>{messages.common.cancel}</DialogCancel>
        <Button type="submit" variant="primary" pending={create.isPending} disabled={name.trim() === ""}>
          {messages.shell.createWorkspace}
        </Button>
      </DialogActions>
    </form>
  );
}
