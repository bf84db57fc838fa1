import { expect } from "vitest";
import { chat, errorCode } from "../../harness/gateway-client.ts";
import { isWhole, openRawClient, type RawCall, rawChat, statusOf } from "../../harness/raw-client.ts";
import type { Stack } from "../../harness/stack.ts";

export type Verdict = { status: number; code: string | null; head: string; requestId: string | null };

/** Sends one request on a connection of its own and reads the whole answer, which has a `content-length`. */
export async function judge(stack: Stack, call: RawCall | Buffer): Promise<Verdict> {
  const client = await openRawClient(stack.proxyUrl);
  client.send(Buffer.isBuffer(call) ? call : rawChat(call));
  const text = await client.until(isWhole);
  client.reset();
  const headEnd = text.indexOf("\r\n\r\n");
  const head = text.slice(0, headEnd);
  return {
    status: statusOf(text) ?? 0,
    head,
    code: errorCode(Buffer.from(text.slice(headEnd + 4), "latin1")),
    requestId: /^x-request-id: (.*)$/im.exec(head)?.[1] ?? null,
  };
}

const injected = "x-injected: 1";
/** What would break a header line apart, in several spellings; the last one does so when it is cut to one byte a character. */
const breaks = ["\r\n", "\n", "\r", "\0", "\u2028", "\u560d\u560a"];

/** Requests that try to write a header of their own, into the answer or into the call to the provider. */
export function headerInjections(apiKey: string): { name: string; call: RawCall; refused: boolean }[] {
  return breaks.flatMap((separator) => {
    const hostile = `gpt${separator}${injected}`;
    const inHeader = Buffer.from(hostile).toString("latin1");
    const name = JSON.stringify(separator);
    const control = /\p{Cc}/u.test(separator);
    return [
      { name: `model ${name}`, call: { apiKey, body: chat(hostile) }, refused: control },
      { name: `user ${name}`, call: { apiKey, body: chat("mock-fast", { user: hostile }) }, refused: false },
      {
        name: `metadata ${name}`,
        call: { apiKey, body: chat("mock-fast", { metadata: { [hostile]: hostile } }) },
        refused: false,
      },
      {
        name: `metadata header, escaped ${name}`,
        call: { apiKey, headers: [`x-perpetuo-metadata: ${asciiJson({ key: hostile })}`] },
        refused: false,
      },
      ...(control
        ? []
        : [
            {
              name: `request id ${name}`,
              call: { apiKey, headers: [`x-request-id: ${inHeader}`] },
              refused: false,
            },
            {
              name: `metadata header, raw ${name}`,
              call: { apiKey, headers: [`x-perpetuo-metadata: {"key":"${inHeader}"}`] },
              refused: false,
            },
          ]),
    ];
  });
}

/** JSON in which everything outside ASCII is escaped, as a header may carry it. */
function asciiJson(value: object): string {
  return JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

export async function checkHeaderInjection(stack: Stack, apiKey: string): Promise<number> {
  const cases = headerInjections(apiKey);
  for (const { name, call, refused } of cases) {
    const verdict = await judge(stack, call);
    expect({ name, status: verdict.status }).toEqual({ name, status: refused ? 400 : 200 });
    expect(verdict.head.split("\r\n").filter((line) => line.startsWith("x-injected"))).toEqual([]);
  }
  for (const { headers } of await stack.mock.records()) {
    expect(headers.filter(([name]) => name.toLowerCase() === "x-injected")).toEqual([]);
  }
  return cases.length;
}

/** Two credentials in one request, in every arrangement; the header lines come beside the call's own `authorization`. */
export function ambiguousCredentials(apiKey: string): { name: string; call: RawCall }[] {
  const arrangements = {
    "the same key twice": [`authorization: Bearer ${apiKey}`],
    "another key second": ["authorization: Bearer pk_other"],
    "another scheme second": ["authorization: Basic dXNlcjpwYXNz"],
    "an empty one second": ["authorization:"],
    "another spelling": [`AUTHORIZATION: Bearer ${apiKey}`],
    "both kinds": [`x-api-key: ${apiKey}`],
    "both kinds, the second empty": ["x-api-key:"],
    "the other kind twice": [`x-api-key: ${apiKey}`, `x-api-key: ${apiKey}`],
  };
  return Object.entries(arrangements).map(([name, headers]) => ({ name, call: { apiKey, headers } }));
}

/** Bodies that are not plain JSON in UTF-8, by their header lines. */
export const foreignMediaTypes = {
  text: ["content-type: text/plain"],
  form: ["content-type: application/x-www-form-urlencoded"],
  multipart: ["content-type: multipart/form-data; boundary=x"],
  "JSON's relative": ["content-type: application/ld+json"],
  "another charset": ["content-type: application/json; charset=utf-16"],
  "a second parameter": ["content-type: application/json; charset=utf-8; version=2"],
  none: ["content-type:"],
  gzip: ["content-encoding: gzip"],
  brotli: ["content-encoding: br"],
  "two encodings": ["content-encoding: gzip, identity"],
};
