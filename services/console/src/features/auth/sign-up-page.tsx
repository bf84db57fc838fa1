import { zodResolver } from "@hookform/resolvers/zod";
import { api } from "@perpetuo/client/hooks";
import { useForm } from "react-hook-form";
import { useNavigate, useSearchParams } from "react-router";
import { Button } from "../../components/ui/button.tsx";
import { FormFailure } from "../../components/ui/failure.tsx";
import { Field, Input } from "../../components/ui/field.tsx";
import { z } from "../../library/form-schema.ts";
import { messages } from "../../messages/messages.ts";
import { revealApiKey } from "../api-keys/revealed-key.ts";
import { AuthLayout } from "./auth-layout.tsx";
import { PasswordInput } from "./password-input.tsx";
import { returnPath } from "./return-path.ts";

const text = messages.auth;

const signUpForm = z.object({
  name: z.string().check(z.trim(), z.minLength(1, text.nameRequired)),
  email: z.email(text.emailInvalid),
  password: z.string().check(z.minLength(8, text.passwordTooShort), z.maxLength(256, text.passwordTooLong)),
});

export function SignUpPage() {
  const navigate = useNavigate();
  const [search] = useSearchParams();
  const utils = api.useUtils();
  const { register, handleSubmit, formState } = useForm({ resolver: zodResolver(signUpForm) });
  const signUp = api.auth.signUp.useMutation({
    onSuccess: async ({ workspace, api_key }) => {
      revealApiKey({ workspace_id: workspace.id, text: api_key });
      await utils.auth.me.reset();
      await navigate(returnPath(search, `/app/${workspace.id}/get-started`), { replace: true });
    },
  });
  const { errors } = formState;
  const query = search.toString();

  return (
    <AuthLayout
      title={text.signUpTitle}
      switchText={text.signUpSwitch}
      switchLink={{ to: query === "" ? "/app/login" : `/app/login?${query}`, label: text.signUpSwitchLink }}
    >
      <form
        noValidate
        className="flex flex-col gap-4"
        onSubmit={handleSubmit((values) => signUp.mutate(values))}
      >
        <Field label={text.name} error={errors.name?.message}>
          <Input autoComplete="name" autoFocus maxLength={100} {...register("name")} />
        </Field>
        <Field label={text.email} error={errors.email?.message}>
          <Input type="email" autoComplete="username" {...register("email")} />
        </Field>
        <Field label={text.password} description={text.passwordHint} error={errors.password?.message}>
          <PasswordInput autoComplete="new-password" {...register("password")} />
        </Field>
        <FormFailure error={signUp.error} />
        <Button type="submit" variant="primary" size="large" pending={signUp.isPending}>
          {text.signUpSubmit}
        </Button>
      </form>
    </AuthLayout>
  );
}
