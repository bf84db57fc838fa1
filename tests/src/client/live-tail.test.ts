import { followLogs } from "@perpetuo/client/follow-logs";
import { createPerpetuoClient } from "@perpetuo/client/vanilla";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ControlUser, signUp } from "../harness/control-api.ts";
import { report } from "../harness/figures.ts";
import { findFreePorts } from "../harness/free-ports.ts";
import { type Stack, startStack } from "../harness/stack.ts";
import { startTcpRelay } from "../harness/tcp-relay.ts";

let stack: Stack;
let user: ControlUser;

beforeAll(async () => {
  stack = await startStack({ control: true });
  user = await signUp(stack.controlUrl);
  await user.post("/providers", { provider: "mock", api_key: "mock-key" });
});
afterAll(() => stack?.[Symbol.asyncDispose]());

/** Sends one completion through the gateway and returns the id under which its row can be known. */
async function complete(): Promise<string> {
  const response = await fetch(`${stack.proxyUrl}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${user.apiKey}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "mock-model", messages: [{ role: "user", content: "Hello" }] }),
  });
  await response.arrayBuffer();
  return response.headers.get("x-request-id") ?? "";
}

/** Follows the log, and waits until the connection stands. */
async function follow(baseUrl = stack.controlUrl) {
  const sent: Headers[] = [];
  const client = createPerpetuoClient({
    baseUrl,
    credentials: { kind: "bearer", token: user.token },
    fetch: (url, init) => {
      sent.push(new Headers(init?.headers));
      return fetch(url, init);
    },
  });
  const arrived: { id: string; at: number }[] = [];
  const ended = Promise.withResolvers<unknown>();
  const connected = Promise.withResolvers<void>();
  const { stop } = followLogs(
    client,
    { workspace_id: user.workspaceId },
    {
      onConnected: connected.resolve,
      onRequest: ({ request_id }) => arrived.push({ id: request_id, at: performance.now() }),
      onEnd: ended.resolve,
    },
  );
  await connected.promise;
  return { sent, arrived, stop, ended: ended.promise, ids: () => arrived.map(({ id }) => id) };
}

const patience = { timeout: 20_000 };

test("followLogs · a request is there shortly after its answer, pushed", async () => {
  const { arrived, ids, stop } = await follow();
  const delays: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    const id = await complete();
    const answered = performance.now();
    await expect.poll(ids, { ...patience, interval: 5 }).toContain(id);
    delays.push((arrived.find((request) => request.id === id)?.at ?? 0) - answered);
  }
  stop();
  report(
    `live tail, from the answer to the event: ${Math.max(...delays).toFixed(0)} ms at most of ${delays.length}`,
  );
});

test("followLogs · connects again after a cut, and brings what was missed, each request once", async () => {
  const [port = 0] = await findFreePorts(1);
  const relay = await startTcpRelay(port, Number(new URL(stack.controlUrl).port));
  const { sent, ids, stop } = await follow(`http://127.0.0.1:${port}`);
  const first = await complete();
  await expect.poll(ids, patience).toContain(first);
  relay.cut();
  const missed = await Promise.all([complete(), complete(), complete()]);
  await expect.poll(ids, patience).toEqual(expect.arrayContaining(missed));
  expect(sent.length).toBeGreaterThan(1);
  expect(sent.at(-1)?.get("last-event-id")).toMatch(/^[\w-]+$/);
  expect(sent.at(-1)?.get("authorization")).toBe(`Bearer ${user.token}`);
  expect(ids()).toHaveLength(new Set(ids()).size);
  stop();
  await relay[Symbol.asyncDispose]();
});

test("followLogs · ends for good when the session does, and does not begin without one", async () => {
  const { sent, ended } = await follow();
  await fetch(`${stack.controlUrl}/auth/logout`, {
    method: "POST",
    headers: { authorization: `Bearer ${user.token}` },
  });
  expect(await ended).toMatchObject({ data: { code: "unauthenticated" } });
  expect(sent).toHaveLength(1);
  expect(await (await follow()).ended).toMatchObject({ data: { code: "unauthenticated" } });
});
