import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { RequestLogRecord } from "@perpetuo/contracts/request-log";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Appended } from "./ending.ts";
import { recordOf } from "./request.test-fixture.ts";
import { Spool } from "./spool.ts";
import { SpoolDirectory } from "./spool-directory.ts";
import { decodeSegment } from "./spool-line.ts";

let directory = "";
let batches = 0;
/** What runs at the end of this turn. */
let turn: (() => void)[] = [];
const endTurn = () => {
  for (const write of turn.splice(0)) write();
};
const spoolOf = (owner = "generation.0.0") =>
  new Spool({
    directory,
    owner,
    newBatchId: () => `batch-${++batches}`,
    atEndOfTurn: (write) => turn.push(write),
  });
const ignore = () => undefined;
/** Appends in a turn of its own and gives what became of it. */
function append(spool: Spool, record: RequestLogRecord): Appended["kind"] | undefined {
  let outcome: Appended["kind"] | undefined;
  spool.append(record, ({ kind }) => {
    outcome = kind;
  });
  endTurn();
  return outcome;
}
const names = () => readdirSync(directory).sort();

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "perpetuo-spool-"));
  batches = 0;
  turn = [];
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe("Spool", () => {
  const recordsIn = (name: string) =>
    decodeSegment(readFileSync(path.join(directory, name))).records.map(({ id }) => id);

  test("append · the record is in the open segment when its writer is told", () => {
    const open = "generation.0.0~batch-1.open";
    let found: unknown = null;
    spoolOf().append(recordOf(), (appended) => {
      found = { appended, ...decodeSegment(readFileSync(path.join(directory, open))) };
    });
    expect([found, names()]).toEqual([null, []]);
    endTurn();
    expect(found).toEqual({ appended: { kind: "written" }, records: [recordOf()], damaged: [] });
    expect(names()).toEqual([open]);
  });

  test("records of one turn · one write, then each writer in order", () => {
    const spool = spoolOf();
    const told: string[] = [];
    for (const id of ["1", "2", "3"]) {
      spool.append(recordOf({ id }), ({ kind }) =>
        told.push(`${id} ${kind} of ${recordsIn("generation.0.0~batch-1.open").length}`),
      );
    }
    expect([turn.length, told]).toEqual([1, []]);
    endTurn();
    expect(told).toEqual(["1 written of 3", "2 written of 3", "3 written of 3"]);
  });

  test("one that is told appends the next · it is written in a turn of its own", () => {
    const spool = spoolOf();
    const told: string[] = [];
    spool.append(recordOf({ id: "1" }), () => spool.append(recordOf({ id: "2" }), () => told.push("2")));
    endTurn();
    expect([told, turn.length]).toEqual([[], 1]);
    endTurn();
    expect([told, recordsIn("generation.0.0~batch-1.open")]).toEqual([["2"], ["1", "2"]]);
  });

  test("large records · are not kept waiting for the end of the turn", () => {
    const told: string[] = [];
    spoolOf().append(recordOf({ error_message: "x".repeat(300_000) }), ({ kind }) => told.push(kind));
    expect(told).toEqual(["written"]);
  });

  test("seal · writes what waits; the name is the batch id, and the next record begins another", () => {
    const spool = spoolOf();
    spool.append(recordOf({ id: "1" }), ignore);
    spool.append(recordOf({ id: "2" }), ignore);
    spool.seal();
    append(spool, recordOf({ id: "3" }));
    expect(names()).toEqual(["batch-1.sealed", "generation.0.0~batch-2.open"]);
    expect(recordsIn("batch-1.sealed")).toEqual(["1", "2"]);
    expect(recordsIn("generation.0.0~batch-2.open")).toEqual(["3"]);
  });

  test("seal of nothing · leaves nothing", () => {
    const spool = spoolOf();
    spool.seal();
    spool.seal();
    expect(names()).toEqual([]);
  });

  test("a segment of 4 MiB · is sealed by itself", () => {
    const spool = spoolOf();
    const large = recordOf({ error_message: "x".repeat(1_500_000) });
    for (let index = 0; index < 3; index++) append(spool, large);
    expect(names()).toEqual(["batch-1.sealed"]);
  });

  test("a folder that is gone · every append fails, and works again once it is back", () => {
    const spool = spoolOf();
    rmSync(directory, { recursive: true });
    expect(append(spool, recordOf())).toBe("failed");
    expect(append(spool, recordOf())).toBe("failed");
    const again = spoolOf();
    expect(append(spool, recordOf())).toBe("written");
    again.seal();
    expect(names()).toEqual(["generation.0.0~batch-3.open"]);
  });

  test("a disk that refuses a record · blocked until it takes something again, and the loss is counted", () => {
    const spool = spoolOf();
    expect([spool.isBlocked, spool.lostRecords]).toEqual([false, 0]);
    rmSync(directory, { recursive: true });
    append(spool, recordOf());
    spool.seal();
    expect([spool.isBlocked, spool.lostRecords]).toEqual([true, 1]);
    mkdirSync(directory);
    spool.seal();
    expect([spool.isBlocked, spool.lostRecords, names()]).toEqual([false, 1, []]);
  });

  test("a segment that cannot be renamed now · blocked, and sealed when it can be", () => {
    const spool = spoolOf();
    append(spool, recordOf({ id: "1" }));
    mkdirSync(path.join(directory, "batch-1.sealed"));
    spool.seal();
    expect([spool.isBlocked, names()]).toEqual([true, ["batch-1.sealed", "generation.0.0~batch-1.open"]]);
    rmdirSync(path.join(directory, "batch-1.sealed"));
    spool.seal();
    expect([spool.isBlocked, recordsIn("batch-1.sealed")]).toEqual([false, ["1"]]);
  });

  test("a segment that vanished · seal throws once, and nothing is written to the closed file again", () => {
    const spool = spoolOf();
    append(spool, recordOf({ id: "1" }));
    rmSync(path.join(directory, "generation.0.0~batch-1.open"));
    expect(() => spool.seal()).toThrow("ENOENT");
    append(spool, recordOf({ id: "2" }));
    spool.seal();
    expect(recordsIn("batch-2.sealed")).toEqual(["2"]);
  });
});

describe("SpoolDirectory", () => {
  const spooled = () => new SpoolDirectory(directory);
  const put = (name: string, text = "") => writeFileSync(path.join(directory, name), text);

  test("prepare · makes the folder, also when it is there", async () => {
    const nested = new SpoolDirectory(path.join(directory, "a", "b"));
    await nested.prepare();
    await nested.prepare();
    expect(await nested.sealed()).toEqual([]);
  });

  test("sealed · finished batches alone, oldest first, with their weight", async () => {
    for (const name of ["b.sealed", "a.sealed", "owner~c.open", "quarantine.jsonl", "owner.json"])
      put(name, name);
    const segments = await spooled().sealed();
    expect(segments.map(({ batchId, bytes }) => [batchId, bytes])).toEqual([
      ["a", 8],
      ["b", 8],
    ]);
    expect((await spooled().read(segments[0] as (typeof segments)[0])).toString()).toBe("a.sealed");
    await spooled().remove(segments[0] as (typeof segments)[0]);
    expect((await spooled().sealed()).map(({ batchId }) => batchId)).toEqual(["b"]);
  });

  test("adopt · seals the segments of the dead and leaves those of the living", async () => {
    append(spoolOf("dead.0.0"), recordOf({ id: "1" }));
    append(spoolOf("alive.0.0"), recordOf({ id: "2" }));
    put("odd.open");
    expect(await spooled().adopt((owner) => owner.startsWith("dead."))).toBe(1);
    expect(names()).toEqual(["alive.0.0~batch-2.open", "batch-1.sealed", "odd.open"]);
  });

  test("quarantine · keeps every line", async () => {
    await spooled().quarantine(["one", "two"]);
    await spooled().quarantine(["three"]);
    expect(readFileSync(path.join(directory, "quarantine.jsonl"), "utf8")).toBe("one\ntwo\nthree\n");
  });
});
