import { zodResolver } from "@hookform/resolvers/zod";
import { api } from "@perpetuo/client/hooks";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { Button } from "../../components/ui/button.tsx";
import { Dialog, DialogActions, DialogCancel } from "../../components/ui/dialog.tsx";
import { FormFailure } from "../../components/ui/failure.tsx";
import { Field, Input } from "../../components/ui/field.tsx";
import { notify } from "../../components/ui/toaster.tsx";
import { messages } from "../../messages/messages.ts";
import { subjectName } from "./budget-table.tsx";
import { fromCount, fromMicros, type LimitsForm, limitsForm, toCount, toMicros } from "./limit-fields.ts";
import type { Subject } from "./subjects.ts";

const text = messages.budgets.dialog;

type LimitsDialogProps = { workspaceId: string; subject: Subject | null; onClose: () => void };

/** Every limit of one subject in one form; null keeps the dialog closed. */
export function LimitsDialog({ workspaceId, subject, onClose }: LimitsDialogProps) {
  // While the dialog fades out its subject is gone already; the text must not change under the reader.
  const [shown, setShown] = useState(subject);
  if (subject !== null && subject !== shown) setShown(subject);
  return (
    <Dialog
      open={subject !== null}
      onOpenChange={onClose}
      title={shown === null ? "" : text.title(subjectName(shown))}
      description={text.description}
    >
      {shown !== null && (
        <LimitsFields key={shown.id ?? ""} workspaceId={workspaceId} subject={shown} onClose={onClose} />
      )}
    </Dialog>
  );
}

const fields = ["day", "month", "requests", "tokens", "concurrent"] as const;

type LimitsFieldsProps = { workspaceId: string; subject: Subject; onClose: () => void };

function LimitsFields({ workspaceId, subject, onClose }: LimitsFieldsProps) {
  const { register, handleSubmit, formState } = useForm({
    resolver: zodResolver(limitsForm),
    defaultValues: typedLimits(subject),
  });
  const save = useSaveLimits(workspaceId, subject);
  const submit = handleSubmit(async (values) => {
    if ((await save.run(values)) === "saved") onClose();
  });
  return (
    <form noValidate onSubmit={submit} className="grid grid-cols-2 gap-4">
      {fields.map((name) => (
        <Field
          key={name}
          label={text[name]}
          error={formState.errors[name]?.message}
          className={name === "concurrent" ? "col-span-2" : ""}
        >
          <Input
            inputMode="decimal"
            autoComplete="off"
            placeholder={messages.budgets.unlimited}
            {...register(name)}
          />
        </Field>
      ))}
      <div className="col-span-2">
        <FormFailure error={save.error} />
        <DialogActions>
          <DialogCancel>{messages.common.cancel}</DialogCancel>
          <Button type="submit" variant="primary" pending={formState.isSubmitting}>
            {text.save}
          </Button>
        </DialogActions>
      </div>
    </form>
  );
}

function typedLimits({ budget, quota }: Subject): LimitsForm {
  return {
    day: fromMicros(budget.day.limit_micros),
    month: fromMicros(budget.month.limit_micros),
    requests: fromCount(quota.requests_per_minute),
    tokens: fromCount(quota.tokens_per_minute),
    concurrent: fromCount(quota.concurrent_requests),
  };
}

/** Budgets and quotas are two calls; both are repeatable, so that a failure between them is mended by saving again. */
function useSaveLimits(workspaceId: string, subject: Subject) {
  const utils = api.useUtils();
  const setBudget = api.budgets.set.useMutation();
  const setQuota = api.quotas.set.useMutation();
  const run = async (values: LimitsForm): Promise<"saved" | "failed"> => {
    const whom = { workspace_id: workspaceId, ...(subject.id !== null && { api_key_id: subject.id }) };
    try {
      await setBudget.mutateAsync({
        ...whom,
        budget_daily_micros: toMicros(values.day),
        budget_monthly_micros: toMicros(values.month),
      });
      await setQuota.mutateAsync({
        ...whom,
        requests_per_minute: toCount(values.requests),
        tokens_per_minute: toCount(values.tokens),
        concurrent_requests: toCount(values.concurrent),
      });
    } catch {
      // The form shows the error that the mutation keeps.
      return "failed";
    }
    await Promise.all([utils.budgets.invalidate(), utils.quotas.invalidate()]);
    notify.success(messages.budgets.saved(subjectName(subject)));
    return "saved";
  };
  return { run, error: setBudget.error ?? setQuota.error };
}
