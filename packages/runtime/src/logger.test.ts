import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { PerpetuoError } from "@perpetuo/contracts/errors";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createLogger, type Logger } from "./logger.ts";

const exitingChildPath = fileURLToPath(new URL("./logger.test-child.ts", import.meta.url));
const canary = "c4n4ry-value";

/** A logger whose lines land in an array. */
function capture(): { logger: Logger; lines: string[]; last: () => Record<string, unknown> } {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const logger = createLogger({ service: "proxy", level: "info", destination });
  return { logger, lines, last: () => JSON.parse(lines.at(-1) ?? "") };
}

describe("logger", () => {
  it("line · is one JSON object with level, time and service", () => {
    const { logger, lines, last } = capture();
    logger.info({ port: 8080 }, "listening");
    expect(lines).toHaveLength(1);
    expect(last()).toMatchObject({ level: "info", service: "proxy", port: 8080, message: "listening" });
    expect(last()["time"]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  it("level below the configured one · is silent", () => {
    const { logger, lines } = capture();
    logger.debug("hidden");
    expect(lines).toEqual([]);
  });

  it.each([
    "authorization",
    "Authorization",
    "x-api-key",
    "X-Api-Key",
    "api_key",
    "apiKey",
    "password",
    "token",
    "session_token",
    "cookie",
    "Set-Cookie",
    "ciphertext",
    "master_key",
    "masterKey",
    "wrapped_key",
    "secret",
  ])("field %s · is redacted at any depth", (name) => {
    const { logger, lines } = capture();
    logger.info({ [name]: canary });
    logger.info({ headers: { [name]: canary } });
    logger.info({ a: [{ b: { c: { [name]: { nested: canary } } } }] });
    expect(lines.join("")).not.toContain(canary);
    expect(lines.join("").match(/\[redacted\]/g)).toHaveLength(3);
  });

  it("secret in a child's bindings · is redacted", () => {
    const { logger, lines } = capture();
    logger.child({ api_key: canary, "x-api-key": canary }).info("hello");
    expect(lines.join("")).not.toContain(canary);
  });

  it.each([
    ["an API key", `pk_${"0a".repeat(24)}`],
    ["a provider's key", "sk-proj-Abc_123-xyz"],
    ["a bearer token", "Bearer abc.DEF-123_~+/="],
    ["credentials of a URL", "user:p%40ss"],
  ])("%s quoted in texts · is cut from message, fields and errors", (_title, secret) => {
    const { logger, lines } = capture();
    const sentence = secret.includes(":") ? `postgres://${secret}@h/d` : `refused ${secret}, sorry`;
    logger.info(sentence);
    logger.info({ reason: sentence });
    logger.error(new Error(sentence, { cause: new Error(sentence) }));
    expect(lines.join("")).not.toContain(secret);
    for (const line of lines) expect(() => JSON.parse(line)).not.toThrow();
  });

  it("numbers of tokens · are no tokens", () => {
    const { logger, last } = capture();
    logger.info({ input_tokens: 3, max_tokens: 4, key_id: "k" });
    expect(last()).toMatchObject({ input_tokens: 3, max_tokens: 4, key_id: "k" });
  });

  it("error · shows code, internal detail and causes, and no other property", () => {
    const { logger, last, lines } = capture();
    const cause = Object.assign(new Error("refused"), { code: "ECONNREFUSED", parameters: [canary] });
    logger.error(new PerpetuoError("upstream_unreachable", { internal: "dial 10.0.0.1", cause }));
    expect(last()).toMatchObject({
      error: {
        type: "PerpetuoError",
        code: "upstream_unreachable",
        internal: "dial 10.0.0.1",
        cause: { message: "refused", code: "ECONNREFUSED" },
      },
    });
    expect(lines.join("")).not.toContain(canary);
  });

  it("causes in a circle, aggregates, thrown texts · are described and end", () => {
    const { logger, last } = capture();
    const circular = new Error("round");
    circular.cause = circular;
    logger.error({ error: circular, err: new AggregateError([new Error("first"), "second"]) }, "both");
    expect(last()).toMatchObject({
      error: { cause: { message: "round" } },
      err: { errors: [{ message: "first" }, "second"] },
    });
  });

  it("binary, big integers, circles and deep nesting · cannot make a line fail", () => {
    const { logger, last } = capture();
    const circle: Record<string, unknown> = { n: 1n };
    circle["self"] = circle;
    logger.info({ key: Buffer.from(canary), circle });
    expect(last()).toMatchObject({ key: "[binary, 12 bytes]", circle: { n: "1" } });
    expect(JSON.stringify(last())).toContain("[nested too deeply]");
  });

  it("any text · stays on one line and moves no cursor", () => {
    const dangerous = fc.constantFrom(
      "\n",
      "\r",
      "\u001b[2J",
      "\u007f",
      "\u009b31m",
      "\u2028",
      "\u202e",
      '"',
      "\\",
    );
    const sentence = fc
      .array(fc.oneof(dangerous, fc.string({ unit: "binary" })))
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(sentence, (message) => {
        const { logger, lines, last } = capture();
        logger.info({ field: message, [message]: 1 }, message);
        expect(lines).toHaveLength(1);
        expect(lines[0]?.slice(0, -1)).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
        expect(last()["service"]).toBeDefined();
      }),
    );
  });

  it.each([
    ["process", "main"],
    ["thread", "worker"],
  ])("%s that exits at once · has written every line, in order", async (_title, place) => {
    const child = spawn(process.execPath, [exitingChildPath, place], { stdio: ["ignore", "ignore", "pipe"] });
    const output = await text(child.stderr);
    const numbers = output
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).line);
    expect(numbers).toEqual(Array.from({ length: 500 }, (_, line) => line));
  });
});
