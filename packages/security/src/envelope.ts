import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from "node:crypto";
import { PerpetuoError } from "@perpetuo/contracts/errors";
import type { WrappedDataKey } from "@perpetuo/contracts/gateway-config";
import type { MasterKey, MasterKeyring } from "./master-key.ts";

const algorithm = "aes-256-gcm";
const dataKeyLength = 32;
/** 96 bits, chosen at random: NIST SP 800-38D allows 2^32 of them a key, far beyond a workspace's credentials. */
const nonceLength = 12;
/** Stated on both sides, because Node otherwise accepts tags cut to 4 bytes. */
const tagLength = 16;
const formatPrefix = "v1.";

/** The row that a sealed credential belongs to. A ciphertext opens under exactly the context that sealed it. */
export type ProviderKeyContext = {
  workspace_id: string;
  provider_key_id: string;
  provider: string;
  /** Only its origin is bound: a changed path keeps the credential, another host or scheme does not get it. */
  base_url: string | null;
};

/**
 * Makes a workspace's data key, wrapped by the current master key. `plain` is for sealing at once and is never stored.
 */
export function createDataKey(
  workspaceId: string,
  keyring: MasterKeyring,
): WrappedDataKey & { plain: Buffer } {
  const plain = randomBytes(dataKeyLength);
  const identity = { key_id: randomUUID(), workspace_id: workspaceId };
  return { ...wrap(identity, { plain, masterKey: keyring.current }), plain };
}

/**
 * Opens a wrapped data key with the master key that wrapped it.
 * @throws {PerpetuoError} `internal_error` when that master key is not configured, or when the row was altered or
 * moved to another workspace.
 */
export function unwrapDataKey(wrapped: WrappedDataKey, keyring: MasterKeyring): Buffer {
  const masterKey = findMasterKey(wrapped, keyring);
  return open(wrapped.wrapped_key, {
    key: masterKey.key,
    boundTo: dataKeyBinding(wrapped),
    what: `data key ${wrapped.key_id}`,
  });
}

/**
 * Wraps a data key under the current master key, so that the one before can be removed. The data key itself, its id
 * and everything that it seals stay as they are. A key that is wrapped by the current one is returned unchanged.
 * @throws {PerpetuoError} as `unwrapDataKey` does.
 */
export function rewrapDataKey(wrapped: WrappedDataKey, keyring: MasterKeyring): WrappedDataKey {
  if (wrapped.master_key_id === keyring.current.id) return wrapped;
  const plain = unwrapDataKey(wrapped, keyring);
  try {
    return wrap(wrapped, { plain, masterKey: keyring.current });
  } finally {
    plain.fill(0);
  }
}

/** Seals a provider's credential for the row that `context` names. */
export function sealProviderKey(input: {
  dataKey: Buffer;
  context: ProviderKeyContext;
  secret: string;
}): string {
  return seal(Buffer.from(input.secret, "utf8"), {
    key: input.dataKey,
    boundTo: providerKeyBinding(input.context),
  });
}

/**
 * Opens a provider's credential.
 * @throws {PerpetuoError} `internal_error` when the ciphertext was altered, belongs to another workspace, row or
 * provider, or was sealed for another origin.
 */
export function openProviderKey(input: {
  dataKey: Buffer;
  context: ProviderKeyContext;
  ciphertext: string;
}): string {
  const plain = open(input.ciphertext, {
    key: input.dataKey,
    boundTo: providerKeyBinding(input.context),
    what: `provider key ${input.context.provider_key_id}`,
  });
  const secret = plain.toString("utf8");
  plain.fill(0);
  return secret;
}

function wrap(
  identity: { key_id: string; workspace_id: string },
  material: { plain: Buffer; masterKey: MasterKey },
): WrappedDataKey {
  const row = {
    key_id: identity.key_id,
    workspace_id: identity.workspace_id,
    master_key_id: material.masterKey.id,
  };
  const wrapped_key = seal(material.plain, { key: material.masterKey.key, boundTo: dataKeyBinding(row) });
  return { ...row, wrapped_key };
}

function findMasterKey(wrapped: WrappedDataKey, keyring: MasterKeyring): MasterKey {
  const masterKey = [keyring.current, ...keyring.previous].find(({ id }) => id === wrapped.master_key_id);
  if (masterKey === undefined) {
    throw new PerpetuoError("internal_error", {
      internal:
        `Data key ${wrapped.key_id} is wrapped by master key ${wrapped.master_key_id}, which is not configured. ` +
        "Add it to PERPETUO_PREVIOUS_MASTER_KEYS.",
    });
  }
  return masterKey;
}

/** JSON keeps the parts apart, whatever characters they contain. */
function dataKeyBinding(row: Pick<WrappedDataKey, "workspace_id" | "key_id" | "master_key_id">): Buffer {
  return Buffer.from(JSON.stringify(["data_key", row.workspace_id, row.key_id, row.master_key_id]));
}

function providerKeyBinding(context: ProviderKeyContext): Buffer {
  const { workspace_id, provider_key_id, provider } = context;
  const origin = context.base_url === null ? null : originOf(context.base_url);
  return Buffer.from(JSON.stringify(["provider_key", workspace_id, provider_key_id, provider, origin]));
}

function originOf(baseUrl: string): string {
  const url = URL.parse(baseUrl);
  // Other schemes share the opaque origin "null", under which different hosts would look alike.
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:")) {
    throw new PerpetuoError("internal_error", { internal: "The base URL is not an http or https URL." });
  }
  return url.origin;
}

function seal(plain: Buffer, { key, boundTo }: { key: Buffer; boundTo: Buffer }): string {
  const nonce = randomBytes(nonceLength);
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagLength });
  cipher.setAAD(boundTo);
  const sealed = Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  return formatPrefix + sealed.toString("base64url");
}

function open(text: string, { key, boundTo, what }: { key: Buffer; boundTo: Buffer; what: string }): Buffer {
  if (!text.startsWith(formatPrefix)) {
    throw new PerpetuoError("internal_error", { internal: `The ${what} has an unknown envelope format.` });
  }
  const sealed = Buffer.from(text.slice(formatPrefix.length), "base64url");
  if (sealed.length < nonceLength + tagLength) {
    throw new PerpetuoError("internal_error", { internal: `The ${what} is cut short.` });
  }
  const decipher = createDecipheriv(algorithm, key, sealed.subarray(0, nonceLength), {
    authTagLength: tagLength,
  });
  decipher.setAAD(boundTo);
  decipher.setAuthTag(sealed.subarray(-tagLength));
  try {
    // Nothing of `update` leaves before `final` has checked the tag.
    return Buffer.concat([decipher.update(sealed.subarray(nonceLength, -tagLength)), decipher.final()]);
  } catch (cause) {
    throw new PerpetuoError("internal_error", {
      internal: `The ${what} does not authenticate: it was altered, or sealed for another row or origin.`,
      cause,
    });
  }
}
