import { zodResolver } from "@hookform/resolvers/zod";
import { api } from "@perpetuo/client/hooks";
import { useForm } from "react-hook-form";
import { useNavigate } from "react-router";
import { Button } from "../../components/ui/button.tsx";
import { FormFailure } from "../../components/ui/failure.tsx";
import { Field } from "../../components/ui/field.tsx";
import { notify } from "../../components/ui/toaster.tsx";
import { z } from "../../library/form-schema.ts";
import { messages } from "../../messages/messages.ts";
import { AuthLayout } from "./auth-layout.tsx";
import { resetTokens, useLinkToken } from "./link-token.ts";
import { PasswordInput } from "./password-input.tsx";

const text = messages.auth;

const resetForm = z.object({
  password: z.string().check(z.minLength(8, text.passwordTooShort), z.maxLength(256, text.passwordTooLong)),
});

/** What the link of a forgotten password opens. Every session of the user ends with the old password. */
export function ResetPasswordPage() {
  const token = useLinkToken(resetTokens);
  const navigate = useNavigate();
  const { register, handleSubmit, formState } = useForm({ resolver: zodResolver(resetForm) });
  const reset = api.auth.resetPassword.useMutation({
    onSuccess: async () => {
      resetTokens.forget();
      notify.success(text.resetDone);
      await navigate("/app/login", { replace: true });
    },
  });
  return (
    <AuthLayout
      title={text.resetTitle}
      switchText={text.resetSwitch}
      switchLink={{ to: "/app/forgot-password", label: text.resetSwitchLink }}
    >
      <form
        noValidate
        className="flex flex-col gap-4"
        onSubmit={handleSubmit(({ password }) => reset.mutate({ token, new_password: password }))}
      >
        <Field
          label={text.newPassword}
          description={text.passwordHint}
          error={formState.errors.password?.message}
        >
          <PasswordInput autoComplete="new-password" {...register("password")} />
        </Field>
        <FormFailure error={reset.error} />
        <Button type="submit" variant="primary" size="large" pending={reset.isPending}>
          {text.resetSubmit}
        </Button>
      </form>
    </AuthLayout>
  );
}
