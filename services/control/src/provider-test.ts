import { lookup as resolveName } from "node:dns";
import type { LookupFunction } from "node:net";
import type { ProviderTest } from "@perpetuo/contracts/api/providers";
import { presets } from "@perpetuo/contracts/presets";
import type { ProviderName } from "@perpetuo/contracts/providers";
import { type AddressPolicy, checkAddress, checkBaseUrl } from "@perpetuo/security/address-filter";
import type { Secret } from "@perpetuo/security/redact";
import { Agent, type Dispatcher, request } from "undici";

const connectTimeoutMs = 5_000;
const answerTimeoutMs = 10_000;
/** The list of models is read to its end within this bound, so that the connection can be used again. */
const longestDiscardedBody = 256 * 1024;

/** Where a vendor lists its models, the one call that needs a valid credential and costs nothing. */
type Probe = {
  /** Null when every customer has another address. */
  baseUrl: string | null;
  path: string;
  headers(secret: string): Record<string, string>;
};

const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` });

const probes: Record<ProviderName, Probe> = {
  openai: { baseUrl: "https://api.openai.com/v1", path: "/models", headers: bearer },
  anthropic: {
    baseUrl: "https://api.anthropic.com/v1",
    path: "/models",
    headers: (secret) => ({ "x-api-key": secret, "anthropic-version": "2023-06-01" }),
  },
  google: {
    baseUrl: "https://generativelanguage.googleapis.com/v1beta",
    path: "/models",
    headers: (secret) => ({ "x-goog-api-key": secret }),
  },
  cohere: { baseUrl: "https://api.cohere.com", path: "/v1/models", headers: bearer },
  mistral: { baseUrl: "https://api.mistral.ai/v1", path: "/models", headers: bearer },
  azure: { baseUrl: null, path: "/models", headers: (secret) => ({ "api-key": secret }) },
  groq: { baseUrl: presets.groq.baseUrl, path: "/models", headers: bearer },
  deepseek: { baseUrl: presets.deepseek.baseUrl, path: "/models", headers: bearer },
  xai: { baseUrl: presets.xai.baseUrl, path: "/models", headers: bearer },
  together: { baseUrl: presets.together.baseUrl, path: "/models", headers: bearer },
  fireworks: { baseUrl: presets.fireworks.baseUrl, path: "/models", headers: bearer },
  // The list of models is open to everybody there; what tells of a key needs it.
  openrouter: { baseUrl: presets.openrouter.baseUrl, path: "/key", headers: bearer },
  ollama: { baseUrl: null, path: "/models", headers: bearer },
  vllm: { baseUrl: null, path: "/models", headers: bearer },
  "openai-compatible": { baseUrl: null, path: "/models", headers: bearer },
  mock: { baseUrl: null, path: "/models", headers: bearer },
};

/** Asks a provider whether it accepts a credential. */
export type ProviderTester = AsyncDisposable & {
  test(key: { provider: ProviderName; base_url: string | null; secret: Secret }): Promise<ProviderTest>;
};

/** A name that leads to an address that is not allowed. */
class AddressRefusedError extends Error {
  override readonly name = "AddressRefusedError";
}

/**
 * Makes a tester with connections of its own. An address that a customer gave is judged when it is dialled, after
 * name resolution, so that a name cannot change its mind after it was saved (DNS rebinding). Redirects are not followed.
 */
export function createProviderTester(settings: {
  addressPolicy: AddressPolicy;
  providerBaseUrls: Readonly<Record<string, string>>;
}): ProviderTester {
  const { addressPolicy, providerBaseUrls } = settings;
  const timeouts = { headersTimeout: answerTimeoutMs, bodyTimeout: answerTimeoutMs };
  const operators = new Agent({ ...timeouts, connect: { timeout: connectTimeoutMs } });
  const customers = new Agent({
    ...timeouts,
    connect: { timeout: connectTimeoutMs, lookup: guardedLookup(addressPolicy) },
  });
  return {
    async test({ provider, base_url, secret }) {
      const probe = probes[provider];
      const operatorUrl = providerBaseUrls[provider];
      const baseUrl = base_url ?? operatorUrl ?? probe.baseUrl;
      if (baseUrl === null) return failed("The provider key has no base URL.", 0);
      if (base_url !== null) {
        const verdict = checkBaseUrl(base_url, addressPolicy);
        if (verdict.kind === "refused") return failed(verdict.reason, 0);
      }
      const usesOperatorUrl = base_url === null && operatorUrl !== undefined;
      return callOnce(`${baseUrl}${probe.path}`, {
        headers: probe.headers(secret.reveal()),
        dispatcher: usesOperatorUrl ? operators : customers,
      });
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([operators.destroy(), customers.destroy()]);
    },
  };
}

async function callOnce(
  url: string,
  call: { headers: Record<string, string>; dispatcher: Dispatcher },
): Promise<ProviderTest> {
  const startedAt = performance.now();
  const elapsed = () => Math.round(performance.now() - startedAt);
  try {
    const { statusCode, body } = await request(url, {
      ...call,
      method: "GET",
      signal: AbortSignal.timeout(answerTimeoutMs),
    });
    await body.dump({ limit: longestDiscardedBody });
    return { ...judgeStatus(statusCode), status: statusCode, duration_ms: elapsed() };
  } catch (error) {
    return failed(describeFailure(error), elapsed());
  }
}

function judgeStatus(status: number): Pick<ProviderTest, "outcome" | "message"> {
  if (status >= 200 && status < 300) {
    return { outcome: "ok", message: "The provider accepted the credential." };
  }
  if (status === 401 || status === 403) {
    return { outcome: "refused", message: "The provider refused the credential." };
  }
  return { outcome: "failed", message: `The provider answered with status ${status}.` };
}

function failed(message: string, duration_ms: number): ProviderTest {
  return { outcome: "failed", status: null, duration_ms, message };
}

/** Never the error's own text: it may name addresses of the operator's network. */
function describeFailure(error: unknown): string {
  if (error instanceof AddressRefusedError) return error.message;
  const name = error instanceof Error ? error.name : "";
  const isTimeout = name === "TimeoutError" || name.endsWith("TimeoutError");
  return isTimeout ? "The provider did not answer in time." : "The provider could not be reached.";
}

/** Resolves a name and keeps the addresses that are allowed; literal addresses are judged by `checkBaseUrl`. */
export function guardedLookup(policy: AddressPolicy): LookupFunction {
  return (hostname, options, callback) => {
    resolveName(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) {
        callback(error, "", 0);
        return;
      }
      const allowed = addresses.filter(({ address }) => checkAddress(address, policy).kind === "allowed");
      const [first] = allowed;
      if (first === undefined) {
        callback(
          new AddressRefusedError("The base URL's name leads to an address that is not allowed."),
          "",
          0,
        );
      } else if (options.all === true) {
        callback(null, allowed);
      } else {
        callback(null, first.address, first.family);
      }
    });
  };
}
