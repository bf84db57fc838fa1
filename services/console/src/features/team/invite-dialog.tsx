import { zodResolver } from "@hookform/resolvers/zod";
import { api, type RouterOutputs } from "@perpetuo/client/hooks";
import { useState } from "react";
import { Controller, useForm, useWatch } from "react-hook-form";
import { Button } from "../../components/ui/button.tsx";
import { Callout } from "../../components/ui/callout.tsx";
import { Dialog, DialogActions, DialogCancel } from "../../components/ui/dialog.tsx";
import { FormFailure } from "../../components/ui/failure.tsx";
import { Field, Input } from "../../components/ui/field.tsx";
import { Select } from "../../components/ui/select.tsx";
import { z } from "../../library/form-schema.ts";
import { messages } from "../../messages/messages.ts";
import { SecretOnce } from "../api-keys/secret-once.tsx";
import type { Workspace } from "../workspaces/session.ts";
import { roleOptions } from "./role-options.ts";

const text = messages.team.invite;

const inviteForm = z.object({
  email: z.email(text.emailInvalid),
  role: z.enum(["viewer", "member", "admin", "owner"]),
});

type Invitation = RouterOutputs["members"]["invite"];

type InviteDialogProps = { workspace: Workspace; open: boolean; onOpenChange: (open: boolean) => void };

/** Asks whom to invite, then says how the invitation travels. A link is shown this once. */
export function InviteDialog({ workspace, open, onOpenChange }: InviteDialogProps) {
  const [sent, setSent] = useState<Invitation | null>(null);
  const changeOpen = (next: boolean) => {
    if (!next) setSent(null);
    onOpenChange(next);
  };
  return (
    <Dialog
      open={open}
      onOpenChange={changeOpen}
      sticky={sent?.delivery.kind === "link"}
      title={titleOf(sent)}
      description={text.description}
    >
      {sent === null ? (
        <InviteForm workspace={workspace} onSent={setSent} />
      ) : (
        <SentInvitation invitation={sent} onDone={() => changeOpen(false)} />
      )}
    </Dialog>
  );
}

function titleOf(sent: Invitation | null): string {
  if (sent === null) return text.title;
  return sent.delivery.kind === "link" ? text.linkTitle : text.sentTitle;
}

function InviteForm({ workspace, onSent }: { workspace: Workspace; onSent: (sent: Invitation) => void }) {
  const utils = api.useUtils();
  const { register, control, handleSubmit, formState } = useForm({
    resolver: zodResolver(inviteForm),
    defaultValues: { email: "", role: "member" as const },
  });
  const role = useWatch({ control, name: "role" });
  const invite = api.members.invite.useMutation({
    onSuccess: (sent) => {
      void utils.members.listInvites.invalidate();
      onSent(sent);
    },
  });
  const submit = handleSubmit((values) => invite.mutate({ workspace_id: workspace.id, ...values }));
  return (
    <form noValidate onSubmit={submit} className="flex flex-col gap-4">
      <Field label={text.email} error={formState.errors.email?.message}>
        <Input type="email" autoComplete="off" {...register("email")} />
      </Field>
      <Field label={text.role} description={messages.team.roleHints[role]}>
        <Controller
          control={control}
          name="role"
          render={({ field }) => (
            <Select value={field.value} options={roleOptions(workspace)} onChange={field.onChange} />
          )}
        />
      </Field>
      <FormFailure error={invite.error} />
      <DialogActions>
        <DialogCancel>{messages.common.cancel}</DialogCancel>
        <Button type="submit" variant="primary" pending={invite.isPending}>
          {text.submit}
        </Button>
      </DialogActions>
    </form>
  );
}

function SentInvitation({ invitation, onDone }: { invitation: Invitation; onDone: () => void }) {
  const { delivery, invite } = invitation;
  return (
    <div className="flex flex-col gap-3">
      {delivery.kind === "mail" ? (
        <p className="text-sm">{text.sent(invite.email)}</p>
      ) : (
        <>
          <Callout tone={delivery.reason === "mail_failed" ? "warning" : "info"}>
            {text.linkReasons[delivery.reason]}
          </Callout>
          <SecretOnce text={delivery.link} subject={text.linkSubject} />
        </>
      )}
      <DialogActions>
        <Button variant="primary" onClick={onDone}>
          {text.done}
        </Button>
      </DialogActions>
    </div>
  );
}
