import { isIP } from "node:net";
import { type ProviderName, providerNameSchema, providerNames } from "@perpetuo/contracts/providers";
import { z } from "zod";
import type { VariableKind } from "./environment.ts";
import { type LogLevel, logLevels } from "./logger.ts";

const highestPort = 65_535;
const bitsOfAddress = { 4: 32, 6: 128 };

/** A kind whose text is read by `parse`, which throws an error that says what is wrong without quoting the text. */
export function parsedBy<TValue>(
  parse: (text: string) => TValue,
  presentation: Pick<VariableKind<TValue>, "example" | "quotes">,
): VariableKind<TValue> {
  const schema = z.string().transform((text, context) => {
    try {
      return parse(text);
    } catch (error) {
      context.addIssue(error instanceof Error ? error.message : "is not valid");
      return z.NEVER;
    }
  });
  return { schema, ...presentation };
}

/** A whole number between two bounds, both included. */
export function integer(bounds: { minimum: number; maximum: number; example: number }): VariableKind<number> {
  const { minimum, maximum } = bounds;
  const outside = `is not between ${minimum} and ${maximum}`;
  const schema = z
    .string()
    .regex(/^-?\d{1,15}$/, { error: "is not a whole number", abort: true })
    .transform(Number)
    .pipe(z.number().min(minimum, outside).max(maximum, outside));
  return { schema, example: String(bounds.example), quotes: "value" };
}

/** A TCP port to listen on. */
export const port: VariableKind<number> = integer({ minimum: 1, maximum: highestPort, example: 8080 });

/** One of a few words. */
export function choice<const TWord extends string>(words: readonly [TWord, ...TWord[]]): VariableKind<TWord> {
  return parsedBy(
    (text) => {
      const word = words.find((candidate) => candidate === text);
      if (word === undefined) throw new TypeError(`is not one of ${words.join(", ")}`);
      return word;
    },
    { example: words[0], quotes: "value" },
  );
}

/** `true` or `false` and nothing else: neither `0` nor a typing error may switch anything on. */
export const flag: VariableKind<boolean> = parsedBy(
  (text) => {
    if (text !== "true" && text !== "false") throw new TypeError("is neither true nor false");
    return text === "true";
  },
  { example: "true", quotes: "value" },
);

/** A pino level, for `LOG_LEVEL`. */
export const logLevel: VariableKind<LogLevel> = { ...choice(logLevels), example: "info" };

/** Any text, such as a host name or a folder. */
export const text: VariableKind<string> = { schema: z.string(), example: "127.0.0.1", quotes: "value" };

/** An http or https URL without credentials, query or fragment, given without its trailing slashes. */
export const httpUrl: VariableKind<string> = parsedBy(readHttpUrl, {
  example: "https://perpetuo.example.com",
  quotes: "never",
});

/** An origin as browsers send it: scheme, host and port, no path. */
export const httpOrigin: VariableKind<string> = parsedBy(
  (value) => {
    const url = new URL(readHttpUrl(value));
    if (url.pathname !== "/") throw new TypeError("has a path; an origin is scheme, host and port only");
    return url.origin;
  },
  { example: "https://console.example.com", quotes: "never" },
);

/** A PostgreSQL connection URL. It may hold a password, so a problem never quotes it. */
export const databaseUrl: VariableKind<string> = connectionUrl(["postgres:", "postgresql:"], {
  name: "a postgres:// URL",
  example: "postgres://perpetuo_control:PASSWORD@127.0.0.1:5432/perpetuo",
});

/** A Redis connection URL, with TLS as `rediss://`. It may hold a password as well. */
export const redisUrl: VariableKind<string> = connectionUrl(["redis:", "rediss:"], {
  name: "a redis:// URL",
  example: "redis://127.0.0.1:6379",
});

/** A mail server's URL, with TLS from the first byte as `smtps://`. It may hold a password as well. */
export const smtpUrl: VariableKind<string> = connectionUrl(["smtp:", "smtps:"], {
  name: "an smtp:// URL",
  example: "smtp://USER:PASSWORD@mail.example.com:587",
});

/** JSON from provider to URL: the addresses that replace providers' defaults in the whole installation. */
export const providerBaseUrls: VariableKind<Partial<Record<ProviderName, string>>> = parsedBy(
  readProviderBaseUrls,
  { example: '{"openai":"http://127.0.0.1:8090/v1"}', quotes: "never" },
);

/** Addresses and CIDR blocks, separated by commas, of the proxies whose `X-Forwarded-For` is believed. */
export const trustedProxies: VariableKind<string[]> = parsedBy(
  (value) => value.split(",").map((entry) => readAddressBlock(entry.trim())),
  { example: "127.0.0.1,10.0.0.0/8", quotes: "value" },
);

function connectionUrl(
  protocols: string[],
  { name, example }: { name: string; example: string },
): VariableKind<string> {
  return parsedBy(
    (value) => {
      if (!protocols.includes(URL.parse(value)?.protocol ?? "")) throw new TypeError(`is not ${name}`);
      return value;
    },
    { example, quotes: "never" },
  );
}

function readHttpUrl(value: string): string {
  const url = URL.parse(value);
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:")) {
    throw new TypeError("is not an http or https URL");
  }
  if (url.username !== "" || url.password !== "") throw new TypeError("has credentials in the URL");
  if (url.search !== "" || url.hash !== "") throw new TypeError("has a query or a fragment");
  return url.href.replace(/\/+$/, "");
}

function readProviderBaseUrls(value: string): Partial<Record<ProviderName, string>> {
  const entries = z.record(z.string(), z.string()).safeParse(parseJson(value));
  if (!entries.success) throw new TypeError("is not a JSON object from provider to URL");
  const addresses: Partial<Record<ProviderName, string>> = {};
  for (const [name, address] of Object.entries(entries.data)) {
    const provider = providerNameSchema.safeParse(name);
    if (!provider.success) {
      throw new TypeError(`names a provider that does not exist; known are ${providerNames.join(", ")}`);
    }
    addresses[provider.data] = readAddressOf(provider.data, address);
  }
  return addresses;
}

function readAddressOf(provider: ProviderName, address: string): string {
  try {
    return readHttpUrl(address);
  } catch (cause) {
    throw new TypeError(
      `gives ${provider} an address that ${cause instanceof Error ? cause.message : "is wrong"}`,
      {
        cause,
      },
    );
  }
}

function parseJson(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch (cause) {
    // V8's message quotes the text, which may hold credentials.
    throw new TypeError("is not valid JSON", { cause });
  }
}

function readAddressBlock(entry: string): string {
  const [address = "", bits, ...rest] = entry.split("/");
  const version = isIP(address);
  if (version === 0 || rest.length > 0) throw new TypeError("is not a list of IP addresses and CIDR blocks");
  if (bits === undefined) return entry;
  const most = version === 4 ? bitsOfAddress[4] : bitsOfAddress[6];
  if (!/^\d{1,3}$/.test(bits) || Number(bits) > most) {
    throw new TypeError(`has a block with an impossible prefix length (0 to ${most})`);
  }
  return entry;
}
