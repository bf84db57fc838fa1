import { zodResolver } from "@hookform/resolvers/zod";
import { api } from "@perpetuo/client/hooks";
import { useForm } from "react-hook-form";
import { Link, useNavigate, useSearchParams } from "react-router";
import { Button } from "../../components/ui/button.tsx";
import { FormFailure } from "../../components/ui/failure.tsx";
import { Field, Input } from "../../components/ui/field.tsx";
import { z } from "../../library/form-schema.ts";
import { messages } from "../../messages/messages.ts";
import { AuthLayout } from "./auth-layout.tsx";
import { PasswordInput } from "./password-input.tsx";
import { returnPath } from "./return-path.ts";

const text = messages.auth;

const logInForm = z.object({
  email: z.email(text.emailInvalid),
  password: z.string().check(z.minLength(1, text.passwordRequired)),
});

export function LogInPage() {
  const [search] = useSearchParams();
  const navigate = useNavigate();
  const utils = api.useUtils();
  const { register, handleSubmit, formState } = useForm({ resolver: zodResolver(logInForm) });
  const logIn = api.auth.logIn.useMutation({
    onSuccess: async () => {
      await utils.auth.me.reset();
      await navigate(returnPath(search), { replace: true });
    },
  });
  const { errors } = formState;
  const query = search.toString();

  return (
    <AuthLayout
      title={text.logInTitle}
      switchText={text.logInSwitch}
      switchLink={{ to: query === "" ? "/app/signup" : `/app/signup?${query}`, label: text.logInSwitchLink }}
    >
      <form
        noValidate
        className="flex flex-col gap-4"
        onSubmit={handleSubmit((values) => logIn.mutate(values))}
      >
        <Field label={text.email} error={errors.email?.message}>
          <Input type="email" autoComplete="username" autoFocus {...register("email")} />
        </Field>
        <Field label={text.password} error={errors.password?.message}>
          <PasswordInput autoComplete="current-password" {...register("password")} />
        </Field>
        <Link
          to="/app/forgot-password"
          className="-mt-2 self-start text-sm text-muted underline-offset-4 hover:underline"
        >
          {text.forgot}
        </Link>
        <FormFailure error={logIn.error} />
        <Button type="submit" variant="primary" size="large" pending={logIn.isPending}>
          {text.logInSubmit}
        </Button>
      </form>
    </AuthLayout>
  );
}
