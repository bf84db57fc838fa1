import type { RecordedEntry, RecordedLogRow } from "@perpetuo/database/queries/control/request-log-tail";
import { afterEach, expect, test } from "vitest";
import { createTailHub, type TailHubOptions } from "./tail-hub.ts";
import type { TailSource } from "./tail-source.ts";
import type { Watch } from "./tail-watch.ts";

const workspace_id = "w";
const at = (seconds: number) => new Date(1_700_000_000_000 + seconds * 1000);

let stopping = new AbortController();
afterEach(() => {
  stopping.abort();
  stopping = new AbortController();
});

/** A log that the test writes, and what was asked of it. */
function createLog() {
  const entries: RecordedEntry[] = [];
  const asked = { recent: 0, rows: [] as string[] };
  let failure: Error | null = null;
  const source: TailSource = {
    async recent() {
      asked.recent += 1;
      if (failure !== null) throw failure;
      const newestFirst = entries.toSorted((a, b) => b.recorded_at.getTime() - a.recorded_at.getTime());
      return { entries: newestFirst, isWhole: true };
    },
    async rows(filter, since) {
      asked.rows.push(filter.model ?? "all");
      const rows = entries
        .filter(({ id, recorded_at }) => recorded_at >= since && id.startsWith(filter.model ?? ""))
        .toSorted((a, b) => a.recorded_at.getTime() - b.recorded_at.getTime());
      return { rows: rows as RecordedLogRow[], isWhole: true };
    },
  };
  return {
    source,
    asked,
    write: (id: string, seconds: number) => entries.push({ id, recorded_at: at(seconds) }),
    fail: (error: Error | null) => {
      failure = error;
    },
  };
}

const hubOf = (source: TailSource, changes: Partial<TailHubOptions> = {}) =>
  createTailHub({ source, pollMs: 1, stopping: stopping.signal, onError: () => undefined, ...changes });

/** Takes rows until so many have come. */
async function takeIds(watch: Watch, count: number): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < count) {
    const taken = await watch.take(1_000);
    if (taken.kind === "closed") break;
    if (taken.kind === "rows") ids.push(...taken.rows.map(({ id }) => id));
  }
  return ids;
}

test("tailHub.watch · what comes afterwards, each row once, in the order of writing", async () => {
  const log = createLog();
  log.write("before", 0);
  const watch = await hubOf(log.source).watch({ workspace_id }, "ada");
  log.write("b", 2);
  log.write("a", 1);
  expect(await takeIds(watch, 2)).toEqual(["a", "b"]);
  log.write("c", 3);
  expect(await takeIds(watch, 1)).toEqual(["c"]);
});

test("tailHub.watch · a row whose transaction commits after that of a later one", async () => {
  const log = createLog();
  const watch = await hubOf(log.source).watch({ workspace_id }, "ada");
  log.write("later", 5);
  expect(await takeIds(watch, 1)).toEqual(["later"]);
  log.write("late", 1);
  expect(await takeIds(watch, 1)).toEqual(["late"]);
});

test("tailHub.watch · one question for all who watch, and one more for each filter when there is something", async () => {
  const log = createLog();
  const hub = hubOf(log.source);
  const watches = await Promise.all([
    hub.watch({ workspace_id }, "ada"),
    hub.watch({ workspace_id }, "ada"),
    hub.watch({ workspace_id, model: "gpt" }, "ada"),
  ]);
  log.write("gpt-4", 1);
  log.write("mistral", 2);
  const [all, same, filtered] = await Promise.all(
    watches.map((watch, index) => takeIds(watch, index === 2 ? 1 : 2)),
  );
  expect([all, same, filtered]).toEqual([["gpt-4", "mistral"], ["gpt-4", "mistral"], ["gpt-4"]]);
  const asked = log.asked.rows.length;
  expect(log.asked.rows.filter((name) => name === "gpt").length).toBe(asked / 2);
  // Nothing new: the log is looked at and no rows are read.
  const { recent } = log.asked;
  await expect.poll(() => log.asked.recent).toBeGreaterThan(recent + 3);
  expect(log.asked.rows).toHaveLength(asked);
});

test("tailHub.watch · nobody asks when nobody watches, and a later watch starts afresh", async () => {
  const log = createLog();
  const hub = hubOf(log.source, { pollMs: 0 });
  const watch = await hub.watch({ workspace_id }, "ada");
  watch.close();
  expect(await watch.take(1_000)).toEqual({ kind: "closed" });
  log.write("unseen", 1);
  const next = await hub.watch({ workspace_id }, "ada");
  log.write("seen", 2);
  expect(await takeIds(next, 1)).toEqual(["seen"]);
});

test("tailHub.watch · goes on after a failure, which is told once", async () => {
  const log = createLog();
  const errors: unknown[] = [];
  const watch = await hubOf(log.source, { onError: (error) => errors.push(error) }).watch(
    { workspace_id },
    "ada",
  );
  const failure = new Error("away");
  log.fail(failure);
  const { recent } = log.asked;
  await expect.poll(() => log.asked.recent).toBeGreaterThan(recent + 3);
  log.write("a", 1);
  log.fail(null);
  expect(await takeIds(watch, 1)).toEqual(["a"]);
  expect(errors).toEqual([failure]);
});

test("tailHub.watch · says that something may be missing after failures for longer than a look sees", async () => {
  const log = createLog();
  let now = 0;
  const watch = await hubOf(log.source, { now: () => now }).watch({ workspace_id }, "ada");
  log.fail(new Error("away"));
  const { recent } = log.asked;
  await expect.poll(() => log.asked.recent).toBeGreaterThan(recent + 1);
  now = 11_000;
  log.write("a", 1);
  log.fail(null);
  expect(await watch.take(1_000)).toMatchObject({ kind: "rows", skipped: 1, rows: [{ id: "a" }] });
  log.write("b", 2);
  expect(await watch.take(1_000)).toMatchObject({ kind: "rows", skipped: 0, rows: [{ id: "b" }] });
});

test("tailHub.watch · fails when the first look fails, and takes no place then", async () => {
  const log = createLog();
  const hub = hubOf(log.source, { limits: { total: 1, perWorkspace: 1, perUser: 1 } });
  log.fail(new Error("away"));
  await expect(hub.watch({ workspace_id }, "ada")).rejects.toThrow("away");
  log.fail(null);
  await hub.watch({ workspace_id }, "ada");
});

test("tailHub.watch · refuses too many, for a workspace and for all", async () => {
  const hub = hubOf(createLog().source, { limits: { total: 3, perWorkspace: 2, perUser: 3 } });
  const refusal = expect.objectContaining({ code: "rate_limit_exceeded" });
  const first = await hub.watch({ workspace_id }, "ada");
  await hub.watch({ workspace_id }, "ada");
  await expect(hub.watch({ workspace_id }, "ada")).rejects.toEqual(refusal);
  await hub.watch({ workspace_id: "x" }, "ada");
  await expect(hub.watch({ workspace_id: "y" }, "ada")).rejects.toEqual(refusal);
  first.close();
  await hub.watch({ workspace_id: "y" }, "ada");
});

test("tailHub.watch · one user does not take everybody's places by many workspaces", async () => {
  const hub = hubOf(createLog().source, { limits: { total: 3, perWorkspace: 2, perUser: 2 } });
  await hub.watch({ workspace_id: "a" }, "eve");
  await hub.watch({ workspace_id: "b" }, "eve");
  const refusal = expect.objectContaining({ code: "rate_limit_exceeded" });
  await expect(hub.watch({ workspace_id: "c" }, "eve")).rejects.toEqual(refusal);
  await hub.watch({ workspace_id: "c" }, "ada");
});

test("watch.take · a reader who is slower than the log gets the newest, and is told how many are missing", async () => {
  const log = createLog();
  const watch = await hubOf(log.source).watch({ workspace_id }, "ada");
  for (let index = 1; index <= 1_200; index += 1) log.write(String(index), index / 1000);
  const taken = await watch.take(1_000);
  if (taken.kind !== "rows") throw new Error("There are no rows.");
  expect([taken.rows.length, taken.skipped, taken.rows.at(-1)?.id]).toEqual([1_000, 200, "1200"]);
});
