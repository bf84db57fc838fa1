import { randomBytes } from "node:crypto";
import { PerpetuoError } from "@perpetuo/contracts/errors";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  createDataKey,
  openProviderKey,
  type ProviderKeyContext,
  rewrapDataKey,
  sealProviderKey,
  unwrapDataKey,
} from "./envelope.ts";
import { generateMasterKeyText, type MasterKeyring, parseMasterKey } from "./master-key.ts";

const workspaceId = "0198a000-0000-7000-8000-000000000001";
const context: ProviderKeyContext = {
  workspace_id: workspaceId,
  provider_key_id: "0198a000-0000-7000-8000-000000000002",
  provider: "openai-compatible",
  base_url: "https://llm.example.com/v1",
};
const secret = "sk-canary-0123456789";

function newKeyring(): MasterKeyring {
  return { current: parseMasterKey(generateMasterKeyText()), previous: [] };
}

/** What a failed attempt says to operators; fails the test when the attempt succeeds. */
function refusal(attempt: () => unknown): string {
  try {
    attempt();
  } catch (error) {
    expect(error).toBeInstanceOf(PerpetuoError);
    const { code, message, internal } = error as PerpetuoError;
    expect(code).toBe("internal_error");
    expect([message, internal].join(" ")).not.toContain("canary");
    return internal ?? "";
  }
  throw new Error("The attempt was not refused.");
}

/** Flips one bit of the sealed bytes behind the version. */
function flipBit(text: string, position: number): string {
  const bytes = Buffer.from(text.slice(3), "base64url");
  const index = Math.floor(position / 8) % bytes.length;
  bytes.writeUInt8(bytes.readUInt8(index) ^ (1 << (position % 8)), index);
  return `v1.${bytes.toString("base64url")}`;
}

/** Drops bytes from the end of the sealed bytes. */
function truncate(text: string, count: number): string {
  return `v1.${Buffer.from(text.slice(3), "base64url").subarray(0, -count).toString("base64url")}`;
}

describe("provider key", () => {
  const dataKey = randomBytes(32);
  const ciphertext = sealProviderKey({ dataKey, context, secret });

  it("any text · opens as it was sealed", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        const sealed = sealProviderKey({ dataKey, context, secret: text });
        expect(openProviderKey({ dataKey, context, ciphertext: sealed })).toBe(text);
      }),
    );
  });

  it("ciphertext · is versioned text, different each time, and hides the secret", () => {
    const again = sealProviderKey({ dataKey, context, secret });
    expect(ciphertext).toMatch(/^v1\.[\w-]+$/);
    expect(again).not.toBe(ciphertext);
    expect(again.slice(3, 19)).not.toBe(ciphertext.slice(3, 19));
    expect(Buffer.from(ciphertext.slice(3), "base64url").toString("latin1")).not.toContain("canary");
  });

  it.each<[string, Partial<ProviderKeyContext>]>([
    ["another workspace", { workspace_id: "0198a000-0000-7000-8000-00000000000f" }],
    ["another row", { provider_key_id: "0198a000-0000-7000-8000-00000000000f" }],
    ["another provider", { provider: "openai" }],
    ["another host", { base_url: "https://evil.example.com/v1" }],
    ["another port", { base_url: "https://llm.example.com:8443/v1" }],
    ["plain http", { base_url: "http://llm.example.com/v1" }],
    ["the provider's own address", { base_url: null }],
    ["no URL at all", { base_url: "llm.example.com" }],
    ["a scheme with an opaque origin", { base_url: "file:///etc/passwd" }],
  ])("moved to %s · does not open", (_title, moved) => {
    const text = refusal(() => openProviderKey({ dataKey, context: { ...context, ...moved }, ciphertext }));
    expect(text).toMatch(/does not authenticate|not an http or https URL/);
  });

  it("text moved from one field of the context to the next · does not open", () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ minLength: 1 }), fc.string(), (left, middle, right) => {
        const sealed = sealProviderKey({
          dataKey,
          context: { ...context, provider_key_id: left + middle, provider: right },
          secret,
        });
        const shifted = { ...context, provider_key_id: left, provider: middle + right };
        refusal(() => openProviderKey({ dataKey, context: shifted, ciphertext: sealed }));
      }),
    );
  });

  it.each(["https://llm.example.com/v2", "https://LLM.example.com:443", "https://llm.example.com/"])(
    "same origin, %s · opens",
    (base_url) => {
      expect(openProviderKey({ dataKey, context: { ...context, base_url }, ciphertext })).toBe(secret);
    },
  );

  it("another data key · does not open it", () => {
    refusal(() => openProviderKey({ dataKey: randomBytes(32), context, ciphertext }));
  });

  it("any one bit changed · does not open", () => {
    fc.assert(
      fc.property(fc.nat({ max: 8 * 48 }), (position) => {
        refusal(() => openProviderKey({ dataKey, context, ciphertext: flipBit(ciphertext, position) }));
      }),
      { numRuns: 400 },
    );
  });

  it.each([1, 4, 8, 12, 15, 16, 30, 47, 48])("last %i bytes missing · does not open", (count) => {
    refusal(() => openProviderKey({ dataKey, context, ciphertext: truncate(ciphertext, count) }));
  });

  it.each(["", "v1.", "v2.AAAA", "plain text", ciphertext.slice(3)])("%j · is refused", (text) => {
    expect(refusal(() => openProviderKey({ dataKey, context, ciphertext: text }))).toMatch(
      /unknown envelope format|cut short/,
    );
  });
});

describe("data key", () => {
  it("created · is 32 random bytes that unwrap to themselves", () => {
    const keyring = newKeyring();
    const { plain, ...wrapped } = createDataKey(workspaceId, keyring);
    expect(plain).toHaveLength(32);
    expect(wrapped).toMatchObject({ workspace_id: workspaceId, master_key_id: keyring.current.id });
    expect(wrapped.key_id).toMatch(/^[0-9a-f-]{36}$/);
    expect(unwrapDataKey(wrapped, keyring).equals(plain)).toBe(true);
    expect(createDataKey(workspaceId, keyring).plain.equals(plain)).toBe(false);
  });

  it.each([
    ["another workspace", { workspace_id: "0198a000-0000-7000-8000-00000000000f" }],
    ["another id", { key_id: "0198a000-0000-7000-8000-00000000000f" }],
  ])("moved to %s · does not unwrap", (_title, moved) => {
    const keyring = newKeyring();
    const wrapped = createDataKey(workspaceId, keyring);
    expect(refusal(() => unwrapDataKey({ ...wrapped, ...moved }, keyring))).toMatch(/does not authenticate/);
  });

  it("any one bit changed, or any byte missing · does not unwrap", () => {
    const keyring = newKeyring();
    const wrapped = createDataKey(workspaceId, keyring);
    fc.assert(
      fc.property(fc.nat({ max: 479 }), fc.integer({ min: 1, max: 60 }), (position, count) => {
        const { wrapped_key } = wrapped;
        refusal(() => unwrapDataKey({ ...wrapped, wrapped_key: flipBit(wrapped_key, position) }, keyring));
        refusal(() => unwrapDataKey({ ...wrapped, wrapped_key: truncate(wrapped_key, count) }, keyring));
      }),
    );
  });

  it("master key not configured · says which one is missing and where to put it", () => {
    const wrapped = createDataKey(workspaceId, newKeyring());
    const text = refusal(() => unwrapDataKey(wrapped, newKeyring()));
    expect(text).toContain(wrapped.master_key_id);
    expect(text).toContain("PERPETUO_PREVIOUS_MASTER_KEYS");
  });
});

describe("rotation of the master key", () => {
  it("rewrapped · keeps id and plaintext, and opens after the old master key is gone", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1 }), (credential) => {
        const before = newKeyring();
        const { plain, ...wrapped } = createDataKey(workspaceId, before);
        const ciphertext = sealProviderKey({ dataKey: plain, context, secret: credential });

        const both = { ...newKeyring(), previous: [before.current] };
        const rewrapped = rewrapDataKey(wrapped, both);
        expect(rewrapped).toMatchObject({ key_id: wrapped.key_id, master_key_id: both.current.id });

        const after = { current: both.current, previous: [] };
        const dataKey = unwrapDataKey(rewrapped, after);
        expect(openProviderKey({ dataKey, context, ciphertext })).toBe(credential);
        refusal(() => unwrapDataKey(rewrapped, before));
      }),
      { numRuns: 25 },
    );
  });

  it("while both master keys are configured · old and new wrappings open", () => {
    const before = newKeyring();
    const wrapped = createDataKey(workspaceId, before);
    const both = { ...newKeyring(), previous: [before.current] };
    expect(unwrapDataKey(wrapped, both).equals(wrapped.plain)).toBe(true);
    expect(unwrapDataKey(rewrapDataKey(wrapped, both), both).equals(wrapped.plain)).toBe(true);
  });

  it("wrapped by the current master key · is returned unchanged", () => {
    const keyring = newKeyring();
    const wrapped = createDataKey(workspaceId, keyring);
    expect(rewrapDataKey(wrapped, keyring)).toBe(wrapped);
  });

  it("old master key missing · does not rewrap", () => {
    const wrapped = createDataKey(workspaceId, newKeyring());
    refusal(() => rewrapDataKey(wrapped, newKeyring()));
  });
});
