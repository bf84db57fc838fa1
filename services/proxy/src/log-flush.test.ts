import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createLogger } from "@perpetuo/runtime/logger";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Batch, LogFlush } from "./log-flush.ts";
import { recordOf } from "./request.test-fixture.ts";
import { linesOf } from "./spool.test-fixture.ts";
import { SpoolDirectory } from "./spool-directory.ts";
import { createSupervisorMetrics } from "./supervisor-metrics.ts";

class Poisoned extends Error {}

/** A database that remembers batch ids, refuses rows, and can be away. */
class FakeDatabase {
  readonly committed = new Map<string, string[]>();
  readonly tried: string[] = [];
  poison = new Set<string>();
  /** Batches after which it is away, by the number of tries so far. */
  awayAfter = Number.POSITIVE_INFINITY;

  flush(batch: Batch): Promise<void> {
    this.tried.push(batch.batch_id);
    if (this.tried.length > this.awayAfter) return Promise.reject(new Error("away"));
    if (this.committed.has(batch.batch_id)) return Promise.resolve();
    if (batch.records.some(({ id }) => this.poison.has(id))) return Promise.reject(new Poisoned());
    this.committed.set(
      batch.batch_id,
      batch.records.map(({ id }) => id),
    );
    return Promise.resolve();
  }

  get rows(): string[] {
    return [...this.committed.values()].flat().sort();
  }
}

let directory = "";
let database = new FakeDatabase();
let metrics = createSupervisorMetrics();

const flusher = () =>
  new LogFlush({
    spool: new SpoolDirectory(directory),
    proxyId: "proxy-1",
    flushBatch: (batch) => database.flush(batch),
    isDataError: (error) => error instanceof Poisoned,
    metrics,
    logger: createLogger({ service: "test", level: "silent" }),
  });

function seal(batchId: string, ids: string[], extra = ""): void {
  const lines = linesOf(...ids.map((id) => recordOf({ id })));
  writeFileSync(path.join(directory, `${batchId}.sealed`), lines.toString("utf8") + extra);
}

const files = () => readdirSync(directory).sort();
const quarantine = () => readFileSync(path.join(directory, "quarantine.jsonl"), "utf8").trimEnd().split("\n");
const total = async (metric: { get(): Promise<{ values: { value: number }[] }> }) =>
  (await metric.get()).values[0]?.value;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "perpetuo-flush-"));
  database = new FakeDatabase();
  metrics = createSupervisorMetrics();
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe("run", () => {
  test("sealed segments · go oldest first, one batch each, and are removed", async () => {
    seal("b", ["3"]);
    seal("a", ["1", "2"]);
    await flusher().run();
    expect([...database.committed]).toEqual([
      ["a", ["1", "2"]],
      ["b", ["3"]],
    ]);
    expect(files()).toEqual([]);
    expect(await total(metrics.flushedRows)).toBe(3);
  });

  test("the database away · the segment stays, and what comes later waits", async () => {
    database.awayAfter = 1;
    for (const name of ["a", "b", "c"]) seal(name, [name]);
    await expect(flusher().run()).rejects.toThrow("away");
    expect(files()).toEqual(["b.sealed", "c.sealed"]);
    expect(database.tried).toEqual(["a", "b"]);
  });

  test("killed between commit and removal · the same batch id comes again", async () => {
    seal("a", ["1"]);
    await flusher().run();
    seal("a", ["1"]);
    await flusher().run();
    expect(database.tried).toEqual(["a", "a"]);
    expect(database.rows).toEqual(["1"]);
  });

  test("an empty segment · is removed without a batch", async () => {
    seal("a", []);
    await flusher().run();
    expect(database.tried).toEqual([]);
    expect(files()).toEqual([]);
  });
});

describe("damaged lines", () => {
  test("are quarantined, and the whole ones flushed", async () => {
    seal("a", ["1"], "torn line");
    await flusher().run();
    expect(database.rows).toEqual(["1"]);
    expect(quarantine()).toEqual(["torn line"]);
    expect(await total(metrics.damagedLines)).toBe(1);
  });

  test("while the database is away · are not quarantined at every try", async () => {
    seal("a", ["1"], "torn line");
    database.awayAfter = 0;
    for (let round = 0; round < 3; round++) await expect(flusher().run()).rejects.toThrow("away");
    database.awayAfter = Number.POSITIVE_INFINITY;
    await flusher().run();
    expect(quarantine()).toEqual(["torn line"]);
  });
});

describe("a refused batch", () => {
  const ids = ["1", "2", "3", "4", "5", "6", "7"];

  test.each([["1"], ["7"], ["4"], ["2", "3"], ids])(
    "with rows %s at fault · loses those alone",
    async (...poison) => {
      database.poison = new Set(poison);
      seal("a", ids);
      await flusher().run();
      expect(database.rows).toEqual(ids.filter((id) => !poison.includes(id)));
      expect(
        quarantine()
          .map((line) => (JSON.parse(line) as { id: string }).id)
          .sort(),
      ).toEqual(poison);
      expect(await total(metrics.quarantinedRows)).toBe(poison.length);
      expect(files()).toEqual(["quarantine.jsonl"]);
    },
  );

  test("halves · have the same ids at every try, so that an interrupted one doubles no row", async () => {
    database.poison = new Set(["6"]);
    seal("a", ids);
    database.awayAfter = 2;
    await expect(flusher().run()).rejects.toThrow("away");
    expect(files()).toEqual(["a.sealed"]);
    const firstTry = [...database.tried];
    database.awayAfter = Number.POSITIVE_INFINITY;
    await flusher().run();
    expect(database.tried.slice(firstTry.length, firstTry.length * 2)).toEqual(firstTry);
    expect(database.rows).toEqual(ids.filter((id) => id !== "6"));
    expect([...database.committed.keys()].every((id) => /^a(\.[01])*$/.test(id))).toBe(true);
  });
});
