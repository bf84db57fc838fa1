import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import type { ExportedLog } from "@perpetuo/contracts/api/logs";
import type { ExportedUsage } from "@perpetuo/contracts/api/usage";
import type { RequestLogRecord } from "@perpetuo/contracts/request-log";
import { createLogRecord } from "@perpetuo/database/test-fixtures";
import { inWorkspace } from "@perpetuo/database/workspace-transaction";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { InWorkspace } from "../read-pages.ts";
import { type Person, startTestControl, type TestControl, withDatabase } from "../test-control.ts";
import { exportedUsagePages } from "../usage/export-pages.ts";

let control: TestControl;
let owner: Person;
let viewer: Person;
let keyId: string;

/** More than two pages of an export … */
const rowCount = 2_300;
/** … and together more than the sockets' buffers hold, so that a reader who stops makes the server stop. */
const note = "x".repeat(8_000);
const formula = '=HYPERLINK("http://evil.example","click")';

beforeAll(async () => {
  control = await startTestControl();
  owner = await control.signUp();
  viewer = await control.addMember(owner.workspace_id, "viewer");
  const path = `/workspaces/${owner.workspace_id}/api-keys`;
  const { data } = await control.call<{ items: { id: string }[] }>({ path, token: owner.token });
  keyId = data.items[0]?.id ?? "";
  const fixture = { workspace_id: owner.workspace_id, api_key_id: keyId, provider_key_id: randomUUID() };
  const record = (changes: Partial<RequestLogRecord>) => createLogRecord(fixture, changes);
  const now = Math.floor(Date.now() / 1000) * 1000;
  await control.writeLogs([
    ...Array.from({ length: rowCount }, (_, index) =>
      record({
        created_at: new Date(now - 60_000 - index).toISOString(),
        metadata: { note },
      }),
    ),
    record({
      created_at: new Date(now).toISOString(),
      requested_model: formula,
      upstream_model: null,
      status_code: 404,
    }),
  ]);
  await control.writeLogs([
    createLogRecord({ ...fixture, workspace_id: (await control.signUp()).workspace_id }, {}),
  ]);
});
afterAll(() => control[Symbol.asyncDispose]());

const download = (path: string, person = owner) =>
  fetch(`${control.url}/workspaces/${owner.workspace_id}${path}`, {
    headers: { authorization: `Bearer ${person.token}` },
  });

/** Reads CSV as RFC 4180 has it. */
function parseCsv(text: string): string[][] {
  const rows = text.match(/(?:"(?:[^"]|"")*"|[^"\r\n])*\r\n/g) ?? [];
  return rows.map((row) =>
    [...row.slice(0, -2).matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
      ([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare ?? "",
    ),
  );
}

describe("logs.export", () => {
  test("logs.export · every row once as CSV, newest first, as an attachment", async () => {
    const response = await download("/logs/export");
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/csv; charset=utf-8; header=present");
    expect(response.headers.get("content-disposition")).toBe('attachment; filename="requests.csv"');
    expect(response.headers.get("cache-control")).toBe("no-store");
    const [head = [], ...rows] = parseCsv(await response.text());
    expect(head.slice(0, 3)).toEqual(["id", "request_id", "api_key_id"]);
    expect(rows).toHaveLength(rowCount + 1);
    expect(new Set(rows.map(([id]) => id)).size).toBe(rowCount + 1);
    const times = rows.map((row) => row[head.indexOf("created_at")]);
    expect(times).toEqual(times.toSorted().reverse());
  });

  test("logs.export · what a client sent is no formula in a spreadsheet", async () => {
    const [head = [], row = []] = parseCsv(await (await download("/logs/export?limit=1")).text());
    expect(row[head.indexOf("requested_model")]).toBe(`'${formula}`);
  });

  test("logs.export · the same rows as JSON, with text as it was", async () => {
    const response = await download("/logs/export?format=json");
    expect(response.headers.get("content-disposition")).toBe('attachment; filename="requests.json"');
    const rows = (await response.json()) as ExportedLog[];
    expect(rows).toHaveLength(rowCount + 1);
    expect(rows[0]).toMatchObject({ requested_model: formula, status_code: 404, cost_usd: 0.0015 });
    expect(rows[1]?.metadata).toEqual({ note });
  });

  test("logs.export · the filters and the limit of the list", async () => {
    const read = async (query: string) =>
      (await (await download(`/logs/export?format=json&${query}`)).json()) as ExportedLog[];
    expect(await read("status=client_error")).toHaveLength(1);
    expect(await read("limit=1500&status=success")).toHaveLength(1_500);
    expect(await read("model=no-such-model")).toEqual([]);
    const filters =
      "provider=openai&model=gpt-4&text=REQ-1&status_code=200&metadata_key=note&metadata_value=y";
    expect(await read(`${filters}&api_key_id=${keyId}`)).toEqual([]);
    expect(await read("from=2020-01-01T00:00:00.000Z&to=2020-01-02T00:00:00.000Z")).toEqual([]);
  });

  test("logs.export · a head and no rows, and an empty array", async () => {
    expect(parseCsv(await (await download("/logs/export?model=none")).text())).toHaveLength(1);
    expect(await (await download("/logs/export?model=none&format=json")).text()).toBe("[]\n");
  });

  test.each([
    ["an unknown format", "/logs/export?format=xml"],
    ["a filter that is not valid", "/logs/export?status=fine"],
    ["a field that it does not have", "/logs/export?page=1"],
    ["usage from too long ago", "/usage/export?from=2000-01-01T00:00:00.000Z"],
  ])("logs.export · 400 in the envelope for %s", async (_case, path) => {
    const response = await download(path);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ success: false, error: { code: "invalid_request" } });
  });

  test("logs.export · for viewers, and for nobody else's workspace", async () => {
    expect((await download("/logs/export?limit=1", viewer)).status).toBe(200);
    expect((await download("/logs/export", await control.signUp())).status).toBe(404);
  });
});

describe("a download that lasts", () => {
  /** Begins a download and reads nothing of it but the first bytes. */
  async function begin(person: Person) {
    const socket = connect(Number(new URL(control.url).port), "127.0.0.1");
    socket.write(
      `GET /workspaces/${owner.workspace_id}/logs/export?format=json HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${person.token}\r\n\r\n`,
    );
    const [first] = (await once(socket, "data")) as [Buffer];
    socket.pause();
    return { socket, first: first.toString("latin1") };
  }

  /** Reads to the end of the connection and tells whether the answer was whole. */
  async function readOn({ socket }: { socket: Awaited<ReturnType<typeof begin>>["socket"] }) {
    const chunks: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    const closed = once(socket, "close");
    socket.resume();
    await closed;
    return Buffer.concat(chunks).toString("latin1").endsWith("0\r\n\r\n") ? "whole" : "cut";
  }

  test("logs.export · 429 for a third at once, until a reader has left", async () => {
    const readers = [await begin(owner), await begin(viewer)];
    expect(readers.map(({ first }) => first.split("\r\n")[0])).toEqual(Array(2).fill("HTTP/1.1 200 OK"));
    const refused = await download("/logs/export");
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "10"]);
    readers[0]?.socket.destroy();
    await expect.poll(async () => (await download("/logs/export?limit=1")).status).toBe(200);
    readers[1]?.socket.destroy();
  });

  test.each([
    [
      "the session ends",
      (person: Person) => control.call({ method: "POST", path: "/auth/logout", token: person.token }),
    ],
    [
      "the member is removed",
      (person: Person) =>
        control.call({
          method: "DELETE",
          path: `/workspaces/${owner.workspace_id}/members/${person.user_id}`,
          token: owner.token,
        }),
    ],
  ])("logs.export · is cut when %s", async (_case, end) => {
    const person = await control.addMember(owner.workspace_id, "viewer");
    const reader = await begin(person);
    expect((await end(person)).status).toBe(200);
    expect(await readOn(reader)).toBe("cut");
  });
});

describe("usage.export", () => {
  test("usage.export · one row for each bucket, model and API key", async () => {
    const rows = (await (await download("/usage/export?format=json&bucket=day")).json()) as ExportedUsage[];
    expect(rows.reduce((sum, { requests }) => sum + requests, 0)).toBe(rowCount + 1);
    expect(rows.find(({ model }) => model === "gpt-4")).toMatchObject({
      start: expect.stringMatching(/T00:00:00.000Z$/),
      provider: "openai",
      api_key_id: keyId,
      api_key_name: "First key",
    });
    const csv = parseCsv(await (await download("/usage/export")).text());
    expect(csv[0]?.slice(0, 4)).toEqual(["start", "provider", "model", "api_key_id"]);
    expect(csv.flat()).toContain(`'${formula}`);
  });

  test("usage.export · years without usage are passed over at once", async () => {
    const { workspace_id } = owner;
    const hour = new Date("2004-05-06T07:00:00.000Z");
    await withDatabase(control.database.administratorUrl, async (database) => {
      await database.sql`insert into usage_hourly (workspace_id, hour, provider, model, api_key_id, requests, errors,
          aborted, input_tokens, cached_input_tokens, output_tokens, reasoning_tokens, cost_micros, unpriced_requests,
          latency_histogram)
        values (${workspace_id}, ${hour.toISOString()}::timestamptz, 'openai', 'gpt-4', ${keyId}, 1, 0, 0, 0, 0, 0, 0, 0, 0,
          array_fill(0::bigint, array[16]))`;
      let asked = 0;
      const counted: InWorkspace = (work) => {
        asked += 1;
        return inWorkspace(database, { workspace_id }, work);
      };
      const period = {
        bucket: "hour" as const,
        from: new Date("2001-01-01T10:00:00.000Z"),
        to: new Date("2020-01-01T03:00:00.000Z"),
      };
      const next = exportedUsagePages(counted, { workspace_id, period });
      expect(await next()).toMatchObject([{ start: hour.toISOString(), requests: 1 }]);
      expect(await next()).toBeNull();
      expect(asked).toBeLessThan(5);
    });
  });

  test("usage.export · every row once when a day has more of them than a page", async () => {
    const keys = 1_100;
    await withDatabase(
      control.database.administratorUrl,
      ({ sql }) =>
        sql`insert into usage_hourly (workspace_id, hour, provider, model, api_key_id, requests, errors, aborted,
          input_tokens, cached_input_tokens, output_tokens, reasoning_tokens, cost_micros, unpriced_requests,
          latency_histogram)
        select ${owner.workspace_id}::uuid, timestamptz '2026-01-01T00:00:00Z' + (n % 2) * interval '1 day', 'openai', 'gpt-4',
          gen_random_uuid(), 1, 0, 0, 0, 0, 0, 0, 0, 0, array_fill(0::bigint, array[16])
        from generate_series(1, ${2 * keys}) as n`,
    );
    const period = "from=2026-01-01T00:00:00.000Z&to=2026-01-03T00:00:00.000Z";
    for (const bucket of ["hour", "day"]) {
      const response = await download(`/usage/export?format=json&bucket=${bucket}&${period}`);
      const rows = (await response.json()) as ExportedUsage[];
      expect(rows).toHaveLength(2 * keys);
      expect(new Set(rows.map(({ api_key_id }) => api_key_id)).size).toBe(2 * keys);
    }
  });
});
