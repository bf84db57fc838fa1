import type { RouterInputs } from "@perpetuo/client/hooks";
import { z } from "../../library/form-schema.ts";
import { messages } from "../../messages/messages.ts";

const text = messages.providers.form;

/** The providers that the gateway speaks to. */
export const offeredProviders = ["openai", "openai-compatible", "mock"] as const;

/** Whether a provider has no address of its own. */
export function wantsBaseUrl(provider: (typeof offeredProviders)[number]): boolean {
  return provider === "openai-compatible";
}

const webAddress = z.url({ protocol: /^https?$/, error: text.baseUrlInvalid });

export const addProviderForm = z
  .object({
    provider: z.enum(offeredProviders),
    name: z.string().check(z.trim(), z.maxLength(100, text.nameTooLong)),
    api_key: z.string().check(z.trim(), z.minLength(1, text.apiKeyRequired)),
    base_url: z.string().check(z.trim()),
    priority: z.string().check(z.regex(/^([1-9]\d{0,2}|1000)$/, text.priorityInvalid)),
  })
  .check(
    z.refine((form) => !wantsBaseUrl(form.provider) || webAddress.safeParse(form.base_url).success, {
      path: ["base_url"],
      error: text.baseUrlInvalid,
    }),
  );

type AddProviderForm = z.infer<typeof addProviderForm>;

export const emptyAddProviderForm: AddProviderForm = {
  provider: "openai",
  name: "",
  api_key: "",
  base_url: "",
  priority: "1",
};

/** What control takes: a field that was left empty, or is not shown, is absent. */
export function addProviderInput(
  workspaceId: string,
  form: AddProviderForm,
): RouterInputs["providers"]["add"] {
  return {
    workspace_id: workspaceId,
    provider: form.provider,
    api_key: form.api_key,
    priority: Number(form.priority),
    ...(form.name !== "" && { name: form.name }),
    ...(wantsBaseUrl(form.provider) && { base_url: form.base_url }),
  };
}
