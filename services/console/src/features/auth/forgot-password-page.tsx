import { zodResolver } from "@hookform/resolvers/zod";
import { api } from "@perpetuo/client/hooks";
import { useForm } from "react-hook-form";
import { Button } from "../../components/ui/button.tsx";
import { Callout } from "../../components/ui/callout.tsx";
import { FormFailure } from "../../components/ui/failure.tsx";
import { Field, Input } from "../../components/ui/field.tsx";
import { z } from "../../library/form-schema.ts";
import { messages } from "../../messages/messages.ts";
import { AuthLayout } from "./auth-layout.tsx";

const text = messages.auth;

const forgotForm = z.object({ email: z.email(text.emailInvalid) });

/** Asks for a link. The answer is the same whether or not there is such an account. */
export function ForgotPasswordPage() {
  const { register, handleSubmit, formState } = useForm({ resolver: zodResolver(forgotForm) });
  const request = api.auth.requestPasswordReset.useMutation();
  return (
    <AuthLayout
      title={text.forgotTitle}
      switchText={text.forgotSwitch}
      switchLink={{ to: "/app/login", label: text.signUpSwitchLink }}
    >
      {request.isSuccess ? (
        <Callout title={text.forgotSentTitle}>{text.forgotSent}</Callout>
      ) : (
        <form
          noValidate
          className="flex flex-col gap-4"
          onSubmit={handleSubmit((values) => request.mutate(values))}
        >
          <Field label={text.email} error={formState.errors.email?.message}>
            <Input type="email" autoComplete="username" autoFocus {...register("email")} />
          </Field>
          <FormFailure error={request.error} />
          <Button type="submit" variant="primary" size="large" pending={request.isPending}>
            {text.forgotSubmit}
          </Button>
        </form>
      )}
    </AuthLayout>
  );
}
