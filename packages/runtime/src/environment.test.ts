import { describe, expect, it } from "vitest";
import { ConfigError, type Environment, readEnvironment, required, withDefault } from "./environment.ts";
import * as kinds from "./environment-kinds.ts";

/** The problem that one variable's text causes, or the value that it gives. */
function read<TValue>(kind: Parameters<typeof required<TValue>>[1], text: string): unknown {
  try {
    return readEnvironment({ IT: text }, { it: required("IT", kind) }).it;
  } catch (error) {
    if (error instanceof ConfigError) return error.problems[0]?.problem;
    throw error;
  }
}

describe("readEnvironment", () => {
  const variables = {
    port: withDefault("PROXY_PORT", kinds.port, 8080),
    url: required("PROXY_DATABASE_URL", kinds.databaseUrl),
    threads: withDefault("PERPETUO_THREADS", kinds.integer({ minimum: 1, maximum: 64, example: 2 }), null),
    allowPrivate: withDefault("PERPETUO_ALLOW_PRIVATE_UPSTREAMS", kinds.flag, false),
  };

  it("set variables · become typed values, unset ones their defaults", () => {
    const environment: Environment = { PROXY_DATABASE_URL: "postgres://h/d", PERPETUO_THREADS: " 4 " };
    expect(readEnvironment(environment, variables)).toEqual({
      port: 8080,
      url: "postgres://h/d",
      threads: 4,
      allowPrivate: false,
    });
  });

  it("empty or blank variable · counts as unset", () => {
    const environment = { PROXY_DATABASE_URL: "postgres://h/d", PROXY_PORT: "", PERPETUO_THREADS: "  " };
    expect(readEnvironment(environment, variables)).toMatchObject({ port: 8080, threads: null });
  });

  it("several problems · are reported at once, each with its variable and an example", () => {
    const environment = { PROXY_PORT: "70000", PERPETUO_THREADS: "two" };
    const read = () => readEnvironment(environment, variables);
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(
      [
        'PROXY_PORT "70000" is not between 1 and 65535. Example: PROXY_PORT=8080',
        "PROXY_DATABASE_URL is not set. Example: PROXY_DATABASE_URL=postgres://perpetuo_control:PASSWORD@127.0.0.1:5432/perpetuo",
        'PERPETUO_THREADS "two" is not a whole number. Example: PERPETUO_THREADS=2',
      ].join("\n"),
    );
  });

  it("control characters in a value · stay on one line of the report", () => {
    expect(read(kinds.port, "80\n\u001b[2J90")).toBe('"80\\n\\u001b[2J90" is not a whole number');
  });

  it.each([
    ["databaseUrl", kinds.databaseUrl, "mysql://root:canary@h/d"],
    ["httpUrl", kinds.httpUrl, "https://user:canary@h"],
    ["providerBaseUrls, broken JSON", kinds.providerBaseUrls, '{"openai":"https://canary"'],
    ["providerBaseUrls, wrong URL", kinds.providerBaseUrls, '{"openai":"https://a:canary@h"}'],
    ["providerBaseUrls, wrong provider", kinds.providerBaseUrls, '{"canary":"https://h"}'],
    [
      "parsedBy",
      kinds.parsedBy(
        () => {
          throw new TypeError("is not a key");
        },
        { example: "…", quotes: "never" },
      ),
      "canary",
    ],
  ])("%s · never quotes what may hold a secret", (_title, kind, text) => {
    const problem = read<unknown>(kind, text);
    expect(problem).toMatch(/^(is|has|gives|names) /);
    expect(problem).not.toContain("canary");
  });
});

describe("kinds", () => {
  it.each([
    ["1", 1],
    ["65535", 65535],
    ["0", '"0" is not between 1 and 65535'],
    ["65536", '"65536" is not between 1 and 65535'],
    ["-1", '"-1" is not between 1 and 65535'],
    ["8080.5", '"8080.5" is not a whole number'],
    ["0x50", '"0x50" is not a whole number'],
    ["1e3", '"1e3" is not a whole number'],
  ])("port %s · %s", (text, outcome) => {
    expect(read(kinds.port, text)).toBe(outcome);
  });

  it.each([
    ["true", true],
    ["false", false],
    ["TRUE", '"TRUE" is neither true nor false'],
    ["0", '"0" is neither true nor false'],
    ["no", '"no" is neither true nor false'],
  ])("flag %s · %s", (text, outcome) => {
    expect(read(kinds.flag, text)).toBe(outcome);
  });

  it.each([
    ["https://perpetuo.example.com/", "https://perpetuo.example.com"],
    ["http://127.0.0.1:3000/base//", "http://127.0.0.1:3000/base"],
    ["https://h/?a=1", "has a query or a fragment"],
    ["ftp://h", "is not an http or https URL"],
    ["perpetuo.example.com", "is not an http or https URL"],
  ])("httpUrl %s · %s", (text, outcome) => {
    expect(read(kinds.httpUrl, text)).toBe(outcome);
  });

  it.each([
    ["https://Console.Example.com:443", "https://console.example.com"],
    ["https://console.example.com/app", "has a path; an origin is scheme, host and port only"],
  ])("httpOrigin %s · %s", (text, outcome) => {
    expect(read(kinds.httpOrigin, text)).toBe(outcome);
  });

  it.each([
    ["debug", "debug"],
    ["verbose", '"verbose" is not one of trace, debug, info, warn, error, fatal, silent'],
  ])("logLevel %s · %s", (text, outcome) => {
    expect(read(kinds.logLevel, text)).toBe(outcome);
  });

  it("providerBaseUrls · maps providers to addresses without trailing slashes", () => {
    expect(read(kinds.providerBaseUrls, '{"mock":"http://127.0.0.1:8090/v1/","openai":"https://h"}')).toEqual(
      {
        mock: "http://127.0.0.1:8090/v1",
        openai: "https://h",
      },
    );
    expect(read(kinds.providerBaseUrls, '["openai"]')).toBe("is not a JSON object from provider to URL");
    expect(read(kinds.providerBaseUrls, '{"mock":"127.0.0.1"}')).toBe(
      "gives mock an address that is not an http or https URL",
    );
  });

  it.each([
    ["127.0.0.1, 10.0.0.0/8,::1,fd00::/8", ["127.0.0.1", "10.0.0.0/8", "::1", "fd00::/8"]],
    ["10.0.0.0/33", '"10.0.0.0/33" has a block with an impossible prefix length (0 to 32)'],
    ["::/129", '"::/129" has a block with an impossible prefix length (0 to 128)'],
    ["10.0.0.0/", '"10.0.0.0/" has a block with an impossible prefix length (0 to 32)'],
    ["10.0.0.0/8/8", '"10.0.0.0/8/8" is not a list of IP addresses and CIDR blocks'],
    ["localhost", '"localhost" is not a list of IP addresses and CIDR blocks'],
    ["127.0.0.1,", '"127.0.0.1," is not a list of IP addresses and CIDR blocks'],
  ])("trustedProxies %s · %s", (text, outcome) => {
    expect(read(kinds.trustedProxies, text)).toEqual(outcome);
  });

  it("every kind's example · is valid", () => {
    const all = [
      kinds.port,
      kinds.flag,
      kinds.logLevel,
      kinds.text,
      kinds.httpUrl,
      kinds.httpOrigin,
      kinds.databaseUrl,
      kinds.providerBaseUrls,
      kinds.trustedProxies,
    ];
    for (const kind of all) {
      const parsed = kind.schema.safeParse(kind.example);
      expect(parsed.success).toBe(true);
    }
  });
});
