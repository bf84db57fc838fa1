import { PerpetuoError } from "@perpetuo/contracts/errors";
import { presetOf } from "@perpetuo/contracts/presets";
import type { ProviderName } from "@perpetuo/contracts/providers";
import { findActiveDataKey, findDataKey, insertDataKey } from "@perpetuo/database/queries/control/data-keys";
import type { ProviderKeyValues } from "@perpetuo/database/queries/control/provider-keys";
import type { Transaction } from "@perpetuo/database/workspace-transaction";
import { checkBaseUrl } from "@perpetuo/security/address-filter";
import {
  createDataKey,
  openProviderKey,
  type ProviderKeyContext,
  sealProviderKey,
  unwrapDataKey,
} from "@perpetuo/security/envelope";
import type { MasterKeyring } from "@perpetuo/security/master-key";
import { maskSecret } from "@perpetuo/security/redact";
import type { ControlServices } from "./context.ts";

/** Providers that have no address of their own: each customer or installation has another one. */
const providersWithoutAddress = new Set<ProviderName>(["openai-compatible", "azure", "mock"]);

/**
 * Seals a credential with the workspace's data key, bound to the row that it is for.
 * A workspace without a data key gets one.
 */
export async function sealCredential(
  transaction: Transaction,
  input: { context: ProviderKeyContext; secret: string; keyring: MasterKeyring },
): Promise<Pick<ProviderKeyValues, "ciphertext" | "key_id" | "last_four">> {
  const { context, secret, keyring } = input;
  const { key_id, plain } = await activeDataKey(transaction, context.workspace_id, keyring);
  try {
    return {
      key_id,
      ciphertext: sealProviderKey({ dataKey: plain, context, secret }),
      last_four: maskSecret(secret).replace("…", ""),
    };
  } finally {
    plain.fill(0);
  }
}

/** Opens a stored credential. @throws {PerpetuoError} `internal_error` when it does not open. */
export async function openCredential(
  transaction: Transaction,
  input: { context: ProviderKeyContext; ciphertext: string; key_id: string; keyring: MasterKeyring },
): Promise<string> {
  const { context, ciphertext, key_id, keyring } = input;
  const wrapped = await findDataKey(transaction, { workspace_id: context.workspace_id, key_id });
  if (wrapped === null) {
    throw new PerpetuoError("internal_error", { internal: `Data key ${key_id} is missing.` });
  }
  const dataKey = unwrapDataKey(wrapped, keyring);
  try {
    return openProviderKey({ dataKey, context, ciphertext });
  } finally {
    dataKey.fill(0);
  }
}

/**
 * Checks a provider key's base URL and gives it without trailing slashes.
 * A server of one's own gets the preset's address where none is given.
 * @throws {PerpetuoError} `invalid_request` when the address is not allowed, or is missing for a provider that has none.
 */
export function acceptBaseUrl(
  key: { provider: ProviderName; base_url: string | null },
  services: Pick<ControlServices, "addressPolicy" | "providerBaseUrls">,
): string | null {
  if (key.base_url === null) {
    if (providersWithoutAddress.has(key.provider) && services.providerBaseUrls[key.provider] === undefined) {
      throw invalidBaseUrl(`is required, because ${key.provider} has no address of its own.`);
    }
    const preset = presetOf(key.provider);
    const hasAddress = preset?.host !== "own" || services.providerBaseUrls[key.provider] !== undefined;
    return hasAddress ? null : allowedBaseUrl(preset.baseUrl, services);
  }
  return allowedBaseUrl(key.base_url, services);
}

function allowedBaseUrl(baseUrl: string, { addressPolicy }: Pick<ControlServices, "addressPolicy">): string {
  const verdict = checkBaseUrl(baseUrl, addressPolicy);
  if (verdict.kind === "refused") throw invalidBaseUrl(verdict.reason);
  return baseUrl.replace(/\/+$/, "");
}

/** Stands where a server of one's own asks for no credential; it is sent like every other one. */
const noCredential = "none";

/** The credential to seal. @throws {PerpetuoError} `invalid_request` when the provider needs one and none is given. */
export function acceptCredential(key: { provider: ProviderName; api_key?: string | undefined }): string {
  if (key.api_key !== undefined) return key.api_key;
  if (presetOf(key.provider)?.host === "own") return noCredential;
  const message = `is required, because ${key.provider} asks for a credential.`;
  throw new PerpetuoError("invalid_request", {
    message: `api_key: ${message}`,
    param: "api_key",
    details: { fields: [{ field: "api_key", rule: "required", message }] },
  });
}

/** Whether a credential that was sealed for one base URL may stay where another one is set. */
export function isSameOrigin(left: string | null, right: string | null): boolean {
  if (left === null || right === null) return left === right;
  return new URL(left).origin === new URL(right).origin;
}

function invalidBaseUrl(message: string): PerpetuoError {
  return new PerpetuoError("invalid_request", {
    message: `base_url: ${message}`,
    param: "base_url",
    details: { fields: [{ field: "base_url", rule: "address", message }] },
  });
}

async function activeDataKey(
  transaction: Transaction,
  workspaceId: string,
  keyring: MasterKeyring,
): Promise<{ key_id: string; plain: Buffer }> {
  const present = await findActiveDataKey(transaction, workspaceId);
  if (present !== null) return { key_id: present.key_id, plain: unwrapDataKey(present, keyring) };
  const { plain, ...wrapped } = createDataKey(workspaceId, keyring);
  await insertDataKey(transaction, wrapped);
  return { key_id: wrapped.key_id, plain };
}
