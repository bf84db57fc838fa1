import { zodResolver } from "@hookform/resolvers/zod";
import { api } from "@perpetuo/client/hooks";
import { Controller, useForm } from "react-hook-form";
import { Button } from "../../components/ui/button.tsx";
import { Dialog, DialogActions, DialogCancel } from "../../components/ui/dialog.tsx";
import { FormFailure } from "../../components/ui/failure.tsx";
import { Field, Input } from "../../components/ui/field.tsx";
import { Select } from "../../components/ui/select.tsx";
import { notify } from "../../components/ui/toaster.tsx";
import { messages } from "../../messages/messages.ts";
import {
  addProviderForm,
  addProviderInput,
  baseUrlExample,
  emptyAddProviderForm,
  isOwnServer,
  wantsBaseUrl,
} from "./add-provider-form.ts";
import { providerName, providerNames, providerTitle } from "./provider-title.ts";

const text = messages.providers.form;

const providerOptions = providerNames.map((value) => ({ value, label: providerName(value) }));

type AddProviderDialogProps = { workspaceId: string; open: boolean; onOpenChange: (open: boolean) => void };

export function AddProviderDialog({ workspaceId, open, onOpenChange }: AddProviderDialogProps) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={text.title} description={text.description}>
      <AddProviderForm workspaceId={workspaceId} onAdded={() => onOpenChange(false)} />
    </Dialog>
  );
}

function AddProviderForm({ workspaceId, onAdded }: { workspaceId: string; onAdded: () => void }) {
  const utils = api.useUtils();
  const form = useForm({
    resolver: zodResolver(addProviderForm),
    defaultValues: emptyAddProviderForm,
  });
  const { register, control, handleSubmit, formState, watch } = form;
  const { errors } = formState;
  const provider = watch("provider");
  const add = api.providers.add.useMutation({
    onSuccess: async (key) => {
      await utils.providers.list.invalidate();
      notify.success(text.added(providerTitle(key)));
      onAdded();
    },
  });

  return (
    <form
      noValidate
      autoComplete="off"
      className="flex flex-col gap-4"
      onSubmit={handleSubmit((values) => add.mutate(addProviderInput(workspaceId, values)))}
    >
      <Field label={text.provider}>
        <Controller
          control={control}
          name="provider"
          render={({ field }) => (
            <Select value={field.value} options={providerOptions} onChange={field.onChange} />
          )}
        />
      </Field>
      <Field
        label={text.apiKey}
        {...(isOwnServer(provider) && { optionalText: messages.common.optional })}
        error={errors.api_key?.message}
        {...(provider === "mock" && { description: text.mockHint })}
      >
        <Input
          className="font-mono"
          type="password"
          autoComplete="off"
          spellCheck={false}
          {...register("api_key")}
        />
      </Field>
      {wantsBaseUrl(provider) && (
        <Field
          label={text.baseUrl}
          {...(isOwnServer(provider) && { optionalText: messages.common.optional })}
          description={text.baseUrlHint}
          error={errors.base_url?.message}
        >
          <Input type="url" placeholder={baseUrlExample(provider)} {...register("base_url")} />
        </Field>
      )}
      <Field
        label={text.models}
        optionalText={messages.common.optional}
        description={provider === "azure" ? text.deploymentsHint : text.modelsHint}
      >
        <Input className="font-mono" autoComplete="off" spellCheck={false} {...register("models")} />
      </Field>
      <div className="grid gap-4 sm:grid-cols-[1fr_7rem]">
        <Field label={text.name} optionalText={messages.common.optional} error={errors.name?.message}>
          <Input placeholder={text.namePlaceholder} {...register("name")} />
        </Field>
        <Field label={text.priority} error={errors.priority?.message}>
          <Input type="number" inputMode="numeric" min={1} max={1000} {...register("priority")} />
        </Field>
      </div>
      <FormFailure error={add.error} />
      <DialogActions>
        <DialogCancel>{messages.common.cancel}</DialogCancel>
        <Button type="submit" variant="primary" pending={add.isPending}>
          {text.submit}
        </Button>
      </DialogActions>
    </form>
  );
}
