import { randomUUID } from "node:crypto";
import type { TailedLog } from "@perpetuo/contracts/api/logs";
import type { RequestLogRecord } from "@perpetuo/contracts/request-log";
import { createLogRecord } from "@perpetuo/database/test-fixtures";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Person, startTestControl, type TestControl } from "../test-control.ts";

let control: TestControl;
let owner: Person;

beforeAll(async () => {
  control = await startTestControl();
  owner = await control.signUp();
});
afterAll(() => control[Symbol.asyncDispose]());

/** Writes one request as the proxy does, and returns its id. */
async function write(changes: Partial<RequestLogRecord> = {}, workspace_id = owner.workspace_id) {
  const ids = { workspace_id, api_key_id: randomUUID(), provider_key_id: randomUUID() };
  const record = createLogRecord(ids, { created_at: new Date().toISOString(), ...changes });
  await control.writeLogs([record]);
  return record.id;
}

type Event = { name: string; id: string | null; data: unknown };

/** A reader of server-sent events (WHATWG HTML, 9.2.6), as far as these streams use them. */
async function* readEvents(response: Response): AsyncGenerator<Event, void> {
  let unread = "";
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    unread += chunk;
    for (let end = unread.indexOf("\n\n"); end !== -1; end = unread.indexOf("\n\n")) {
      const lines = unread.slice(0, end).split("\n");
      unread = unread.slice(end + 2);
      const field = (name: string) =>
        lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? null;
      const data = field("data");
      if (data !== null) {
        yield {
          name: field("event") ?? "message",
          id: field("id"),
          data: data === "" ? null : JSON.parse(data),
        };
      }
    }
  }
}

/** Follows the log; `next` waits for the next request, `ended` for what ends the stream. */
async function follow(
  query = "",
  { person = owner, headers = {} }: { person?: Person; headers?: Record<string, string> } = {},
) {
  const left = new AbortController();
  const response = await fetch(`${control.url}/workspaces/${owner.workspace_id}/logs/tail${query}`, {
    headers: { authorization: `Bearer ${person.token}`, ...headers },
    signal: left.signal,
  });
  const events = readEvents(response);
  const next = async () => {
    const { value } = await events.next();
    if (value === undefined || value.name !== "message") throw new Error(`Got ${JSON.stringify(value)}.`);
    const { request, skipped } = value.data as TailedLog;
    return { position: value.id ?? "", request, skipped };
  };
  return {
    response,
    next,
    nextId: async () => (await next()).request.id,
    /** What ends the stream, after whatever is still on its way. */
    ended: async () => {
      let event = (await events.next()).value;
      while (event?.name === "message") event = (await events.next()).value;
      return event;
    },
    leave: () => left.abort(),
  };
}

describe("logs.tail", () => {
  test("logs.tail · requests as they are recorded, however long ago they were accepted", async () => {
    await write();
    const tail = await follow();
    expect(tail.response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    const id = await write({ requested_model: "gpt-new" });
    const first = await tail.next();
    expect([first.request.id, first.request.requested_model, first.skipped]).toEqual([id, "gpt-new", 0]);
    const long = await write({ created_at: new Date(Date.now() - 20 * 60_000).toISOString() });
    expect(await tail.nextId()).toBe(long);
    tail.leave();
  });

  test("logs.tail · the filters of the list", async () => {
    const key = randomUUID();
    const filters = [
      "model=wanted",
      "status=server_error",
      `api_key_id=${key}`,
      "text=needle",
      "provider=mistral",
      "metadata_key=team&metadata_value=blue",
    ];
    const tails = await Promise.all(filters.map((filter) => follow(`?${filter}`)));
    await write();
    const ids = [
      await write({ upstream_model: "wanted" }),
      await write({ status_code: 503 }),
      await write({ api_key_id: key }),
      await write({ user: "a needle b" }),
      await write({ provider: "mistral" }),
      await write({ metadata: { team: "blue" } }),
    ];
    expect(await Promise.all(tails.map((tail) => tail.nextId()))).toEqual(ids);
    for (const tail of tails) tail.leave();
  });

  test("logs.tail · goes on where a lost connection ended, with the last seconds once more", async () => {
    const tail = await follow();
    const seen = await write();
    const { position } = await tail.next();
    tail.leave();
    const missed = [await write(), await write()];
    const resumed = await follow("", { headers: { "last-event-id": position } });
    const got: string[] = [];
    while (!missed.every((id) => got.includes(id))) got.push(await resumed.nextId());
    expect(got).toContain(seen);
    const live = await write();
    while (!got.includes(live)) got.push(await resumed.nextId());
    resumed.leave();
  });

  test("logs.tail · says that something is missing when the reader was away for too long", async () => {
    const id = await write();
    const longAgo = Buffer.from(`${Date.now() - 86_400_000}_${id}`).toString("base64url");
    const tail = await follow(`?lastEventId=${longAgo}`);
    expect((await tail.next()).skipped).toBe(1);
    tail.leave();
  });

  test("logs.tail · nothing of another workspace", async () => {
    const stranger = await control.signUp();
    const tail = await follow();
    const foreign = await write({}, stranger.workspace_id);
    const own = await write();
    const got: string[] = [];
    while (!got.includes(own)) got.push(await tail.nextId());
    expect(got).not.toContain(foreign);
    tail.leave();
    expect((await follow("", { person: stranger })).response.status).toBe(404);
  });

  test.each([
    ["a position of one's own making", "?lastEventId=x"],
    ["a field that it does not have", "?from=2026-01-01T00:00:00.000Z"],
  ])("logs.tail · 400 in the envelope for %s", async (_case, query) => {
    const { response } = await follow(query);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: "invalid_request" } });
  });
});

describe("the end of logs.tail", () => {
  test.each<[string, string, (person: Person) => Promise<unknown>]>([
    [
      "the session ends",
      "unauthenticated",
      (person) => control.call({ method: "POST", path: "/auth/logout", token: person.token }),
    ],
    [
      "the member is removed",
      "not_found",
      (person) =>
        control.call({
          method: "DELETE",
          path: `/workspaces/${owner.workspace_id}/members/${person.user_id}`,
          token: owner.token,
        }),
    ],
  ])("logs.tail · ends with an error when %s", async (_case, code, end) => {
    const person = await control.addMember(owner.workspace_id, "viewer");
    const tail = await follow("", { person });
    await end(person);
    expect(await tail.ended()).toMatchObject({ name: "error", data: { code } });
    expect(await tail.ended()).toBeUndefined();
  });

  test("logs.tail · over tRPC: the same events, and a code upon which no client connects again", async () => {
    const person = await control.addMember(owner.workspace_id, "viewer");
    const input = encodeURIComponent(JSON.stringify({ workspace_id: owner.workspace_id }));
    const response = await fetch(`${control.url}/trpc/logs.tail?input=${input}`, {
      headers: { authorization: `Bearer ${person.token}` },
    });
    const events = readEvents(response);
    expect((await events.next()).value).toMatchObject({
      name: "connected",
      data: { reconnectAfterInactivityMs: 30_000 },
    });
    const id = await write();
    const next = async () => (await events.next()).value;
    const isIt = (event: Event | undefined) => JSON.stringify(event?.data).includes(id);
    let event = await next();
    while (event !== undefined && !isIt(event)) event = await next();
    expect(event).toMatchObject({ id: expect.any(String), data: { request: { id }, skipped: 0 } });
    await control.call({ method: "POST", path: "/auth/logout", token: person.token });
    expect(await next()).toMatchObject({
      name: "serialized-error",
      data: { code: -32_600, data: { code: "unauthenticated", httpStatus: 401 } },
    });
  });

  test("logs.tail · ends when control stops, which does not wait for its readers", async () => {
    const stopped = await startTestControl();
    const person = await stopped.signUp();
    const response = await fetch(`${stopped.url}/workspaces/${person.workspace_id}/logs/tail`, {
      headers: { authorization: `Bearer ${person.token}` },
    });
    const events = readEvents(response);
    await stopped[Symbol.asyncDispose]();
    expect((await events.next()).value).toMatchObject({ name: "error", data: { code: "server_shutdown" } });
  });
});
