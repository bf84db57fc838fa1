import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "vitest";
import { report } from "../../harness/figures.ts";
import { chat, createGatewayClient } from "../../harness/gateway-client.ts";
import { readMetric } from "../../harness/proxy-metrics.ts";
import type { Stack } from "../../harness/stack.ts";
import { waitUntil } from "../../harness/wait-until.ts";
import { freezeSessions } from "./database-sessions.ts";

const perSegment = 5;

/** What a crash, a bad disk or a hand can do to a segment, how many of its records cannot be read afterwards, and in how many lines. */
const damages: { name: string; lost: number | "all"; lines: number; change: (bytes: Buffer) => Buffer }[] = [
  { name: "torn in the last record", lost: 1, lines: 1, change: (bytes) => bytes.subarray(0, -20) },
  { name: "one bit in the middle", lost: 1, lines: 1, change: flipInTheMiddle },
  {
    name: "zeros at the end, as a file system leaves after a power cut",
    lost: 0,
    lines: 1,
    change: (bytes) => Buffer.concat([bytes, Buffer.alloc(4096)]),
  },
  { name: "nothing but zeros", lost: "all", lines: 1, change: (bytes) => Buffer.alloc(bytes.length) },
  { name: "emptied", lost: "all", lines: 0, change: () => Buffer.alloc(0) },
];

/**
 * Segments that wait for the database are damaged while the gateway is down. It starts, keeps every record that can be
 * read, counts and sets aside the lines that cannot, and makes nothing up.
 */
export async function checkDamagedSpool(stack: Stack): Promise<void> {
  await using client = createGatewayClient(stack.proxyUrl);
  const workspace = await stack.createWorkspace();
  await client.call({ ...workspace, body: chat("mock-fast"), headers: { "x-request-id": "whole" } });
  await stack.rows.find("whole");
  const { thaw } = await freezeSessions(stack, "perpetuo-proxy-flush");
  const segments: string[] = [];
  let lost = 0;
  try {
    for (const [index] of damages.entries()) {
      for (let number = 0; number < perSegment; number++) {
        const headers = { "x-request-id": `damaged-${index}-${number}` };
        const answer = await client.call({ ...workspace, body: chat("mock-fast"), headers });
        expect(answer.status).toBe(200);
      }
      segments.push(await sealedWith(stack, `damaged-${index}-${perSegment - 1}`));
    }
    await stack.proxy().killHard();
    for (const [index, { change, lost: some }] of damages.entries()) {
      const file = segments[index] as string;
      const bytes = await readFile(file);
      lost += some === "all" ? recordsIn(bytes) : some;
      await writeFile(file, change(bytes));
    }
  } finally {
    thaw();
  }
  await stack.startProxy();
  const lines = damages.reduce((sum, damage) => sum + damage.lines, 0);
  const kept = damages.length * perSegment - lost;
  await waitUntil(
    async () =>
      (await readMetric(stack.proxyUrl, "perpetuo_spool_lines_damaged_total")) === lines ? true : null,
    { what: `${lines} damaged lines to be counted`, timeoutMs: 20_000 },
  );
  await waitUntil(async () => ((await sealedFiles(stack)).length === 0 ? true : null), {
    what: "the spool to be empty",
    timeoutMs: 10_000,
  });
  const rows = await stack.rows.all(workspace.id);
  expect(rows).toHaveLength(kept + 1);
  expect(rows.filter(({ request_id }) => !/^(whole|damaged-\d-\d)$/.test(request_id))).toEqual([]);
  expect(new Set(rows.map(({ request_id }) => request_id)).size).toBe(rows.length);
  const aside = await readFile(path.join(stack.dataDir, "spool", "quarantine.jsonl"), "utf8");
  expect(aside.split("\n").filter((line) => line !== "")).toHaveLength(lines);
  report(
    `${damages.length} damaged segments: ${kept} records kept, ${lost} unreadable, ${lines} lines set aside`,
  );
}

/** On a busy machine a segment is sealed before it has all the records that were meant for it. */
function recordsIn(bytes: Buffer): number {
  return bytes.toString("utf8").split("\n").length - 1;
}

function flipInTheMiddle(bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  const at = bytes.indexOf('"request_id"', bytes.length / 2) + 1;
  changed[at] = (changed[at] as number) ^ 1;
  return changed;
}

async function sealedFiles(stack: Stack): Promise<string[]> {
  const folder = path.join(stack.dataDir, "spool");
  return (await readdir(folder))
    .filter((name) => name.endsWith(".sealed"))
    .map((name) => path.join(folder, name));
}

/** The sealed segment that has the record of this request. */
function sealedWith(stack: Stack, requestId: string): Promise<string> {
  return waitUntil(
    async () => {
      for (const file of await sealedFiles(stack)) {
        if ((await readFile(file, "utf8")).includes(`"${requestId}"`)) return file;
      }
      return null;
    },
    { what: `a segment with ${requestId}`, timeoutMs: 15_000 },
  );
}
