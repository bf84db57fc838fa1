import type { RouterInputs } from "@perpetuo/client/hooks";
import { presetOf } from "@perpetuo/contracts/presets";
import type { ProviderName } from "@perpetuo/contracts/providers";
import { z } from "../../library/form-schema.ts";
import { messages } from "../../messages/messages.ts";
import { providerNames } from "./provider-title.ts";

const text = messages.providers.form;

/** Whether a provider's address is its customer's: a resource, a server of one's own, or any compatible host. */
export function wantsBaseUrl(provider: ProviderName): boolean {
  return provider === "openai-compatible" || provider === "azure" || isOwnServer(provider);
}

/** Whether a provider answers without a credential. */
export function isOwnServer(provider: ProviderName): boolean {
  return presetOf(provider)?.host === "own";
}

/** An example of the address, and for a server of one's own where it usually is. */
export function baseUrlExample(provider: ProviderName): string {
  if (provider === "azure") return "https://your-resource.openai.azure.com/openai/v1";
  return presetOf(provider)?.baseUrl ?? "https://llm.example.com/v1";
}

const webAddress = z.url({ protocol: /^https?$/, error: text.baseUrlInvalid });

export const addProviderForm = z
  .object({
    provider: z.enum(providerNames),
    name: z.string().check(z.trim(), z.maxLength(100, text.nameTooLong)),
    api_key: z.string().check(z.trim()),
    base_url: z.string().check(z.trim()),
    models: z.string(),
    priority: z.string().check(z.regex(/^([1-9]\d{0,2}|1000)$/, text.priorityInvalid)),
  })
  .check(
    z.refine((form) => isOwnServer(form.provider) || form.api_key !== "", {
      path: ["api_key"],
      error: text.apiKeyRequired,
    }),
    z.refine((form) => !wantsBaseUrl(form.provider) || isAddress(form), {
      path: ["base_url"],
      error: text.baseUrlInvalid,
    }),
  );

type AddProviderForm = z.infer<typeof addProviderForm>;

/** A server of one's own has a usual address, so that none need be given. */
function isAddress({ provider, base_url }: { provider: ProviderName; base_url: string }): boolean {
  return (isOwnServer(provider) && base_url === "") || webAddress.safeParse(base_url).success;
}

/** Names of models as they are typed: one a line, or between commas. */
function modelsOf(typed: string): string[] {
  return typed
    .split(/[\n,]/)
    .map((name) => name.trim())
    .filter((name) => name !== "");
}

export const emptyAddProviderForm: AddProviderForm = {
  provider: "openai",
  name: "",
  api_key: "",
  base_url: "",
  models: "",
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
    priority: Number(form.priority),
    ...(form.api_key !== "" && { api_key: form.api_key }),
    ...(form.name !== "" && { name: form.name }),
    ...(wantsBaseUrl(form.provider) && form.base_url !== "" && { base_url: form.base_url }),
    ...(modelsOf(form.models).length > 0 && { models: modelsOf(form.models) }),
  };
}
