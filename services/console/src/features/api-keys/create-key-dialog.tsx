import { zodResolver } from "@hookform/resolvers/zod";
import { api } from "@perpetuo/client/hooks";
import { useState } from "react";
import { Controller, useForm } from "react-hook-form";
import { Button } from "../../components/ui/button.tsx";
import { Dialog, DialogActions, DialogCancel } from "../../components/ui/dialog.tsx";
import { FormFailure } from "../../components/ui/failure.tsx";
import { Field, Input } from "../../components/ui/field.tsx";
import { Select } from "../../components/ui/select.tsx";
import { z } from "../../library/form-schema.ts";
import { messages } from "../../messages/messages.ts";
import { revealApiKey } from "./revealed-key.ts";
import { SecretOnce } from "./secret-once.tsx";

const text = messages.apiKeys;

/** Days until a new key ends. */
const expiries = ["never", "7", "30", "90", "365"] as const;
const expiryOptions = expiries.map((value) => ({ value, label: text.form.expiries[value] }));
const millisecondsPerDay = 86_400_000;

const createKeyForm = z.object({
  name: z
    .string()
    .check(z.trim(), z.minLength(1, text.form.nameRequired), z.maxLength(100, text.form.nameTooLong)),
  expiry: z.enum(expiries),
});

type CreateKeyDialogProps = { workspaceId: string; open: boolean; onOpenChange: (open: boolean) => void };

/** Asks for a name, creates the key, then shows its text once. */
export function CreateKeyDialog({ workspaceId, open, onOpenChange }: CreateKeyDialogProps) {
  const [secret, setSecret] = useState<string | null>(null);
  const changeOpen = (next: boolean) => {
    if (!next) setSecret(null);
    onOpenChange(next);
  };
  return (
    <Dialog
      open={open}
      onOpenChange={changeOpen}
      sticky={secret !== null}
      title={secret === null ? text.form.title : text.secret.title}
      description={secret === null ? text.form.description : text.secret.description}
    >
      {secret === null ? (
        <CreateKeyForm workspaceId={workspaceId} onCreated={setSecret} />
      ) : (
        <>
          <SecretOnce text={secret} subject={text.secret.subject} />
          <DialogActions>
            <Button variant="primary" onClick={() => changeOpen(false)}>
              {text.secret.done}
            </Button>
          </DialogActions>
        </>
      )}
    </Dialog>
  );
}

type CreateKeyFormProps = { workspaceId: string; onCreated: (secret: string) => void };

function CreateKeyForm({ workspaceId, onCreated }: CreateKeyFormProps) {
  const utils = api.useUtils();
  const { register, control, handleSubmit, formState } = useForm({
    resolver: zodResolver(createKeyForm),
    defaultValues: { name: "", expiry: "never" as const },
  });
  const create = api.apiKeys.create.useMutation({
    onSuccess: (key) => {
      revealApiKey({ workspace_id: workspaceId, text: key.api_key });
      void utils.apiKeys.list.invalidate();
      onCreated(key.api_key);
    },
  });
  const submit = handleSubmit(({ name, expiry }) =>
    create.mutate({ workspace_id: workspaceId, name, expires_at: expiryTimestamp(expiry, Date.now()) }),
  );
  return (
    <form noValidate onSubmit={submit} className="flex flex-col gap-4">
      <Field label={text.form.name} error={formState.errors.name?.message}>
        <Input placeholder={text.form.namePlaceholder} autoComplete="off" {...register("name")} />
      </Field>
      <Field label={text.form.expiry}>
        <Controller
          control={control}
          name="expiry"
          render={({ field }) => (
            <Select value={field.value} options={expiryOptions} onChange={field.onChange} />
          )}
        />
      </Field>
      <FormFailure error={create.error} />
      <DialogActions>
        <DialogCancel>{messages.common.cancel}</DialogCancel>
        <Button type="submit" variant="primary" pending={create.isPending}>
          {text.form.submit}
        </Button>
      </DialogActions>
    </form>
  );
}

function expiryTimestamp(expiry: (typeof expiries)[number], now: number): string | null {
  return expiry === "never" ? null : new Date(now + Number(expiry) * millisecondsPerDay).toISOString();
}
