import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { recordOf } from "./request.test-fixture.ts";
import { decodeSegment, encodeLine, Spool } from "./spool.ts";
import { SpoolDirectory } from "./spool-directory.ts";

let directory = "";
let batches = 0;
const spoolOf = (owner = "generation.0.0") =>
  new Spool({ directory, owner, newBatchId: () => `batch-${++batches}` });
const names = () => readdirSync(directory).sort();

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "perpetuo-spool-"));
  batches = 0;
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe("Spool", () => {
  test("append · the record is in the open segment when it returns", () => {
    spoolOf().append(recordOf());
    expect(names()).toEqual(["generation.0.0~batch-1.open"]);
    const bytes = readFileSync(path.join(directory, "generation.0.0~batch-1.open"));
    expect(decodeSegment(bytes)).toEqual({ records: [recordOf()], damaged: [] });
  });

  test("seal · the segment's name is the batch id, and the next record begins another", () => {
    const spool = spoolOf();
    spool.append(recordOf({ id: "1" }));
    spool.append(recordOf({ id: "2" }));
    spool.seal();
    spool.append(recordOf({ id: "3" }));
    expect(names()).toEqual(["batch-1.sealed", "generation.0.0~batch-2.open"]);
    const { records } = decodeSegment(readFileSync(path.join(directory, "batch-1.sealed")));
    expect(records.map(({ id }) => id)).toEqual(["1", "2"]);
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
    for (let index = 0; index < 3; index++) spool.append(large);
    expect(names()).toEqual(["batch-1.sealed"]);
  });

  test("a folder that is gone · append throws, and works again once it is back", () => {
    const spool = spoolOf();
    rmSync(directory, { recursive: true });
    expect(() => spool.append(recordOf())).toThrow("ENOENT");
    expect(() => spool.append(recordOf())).toThrow("ENOENT");
    const again = spoolOf();
    spool.append(recordOf());
    again.seal();
    expect(names()).toEqual(["generation.0.0~batch-3.open"]);
  });

  test("a segment that vanished · seal throws once, and nothing is written to the closed file again", () => {
    const spool = spoolOf();
    spool.append(recordOf({ id: "1" }));
    rmSync(path.join(directory, "generation.0.0~batch-1.open"));
    expect(() => spool.seal()).toThrow("ENOENT");
    spool.append(recordOf({ id: "2" }));
    spool.seal();
    const { records } = decodeSegment(readFileSync(path.join(directory, "batch-2.sealed")));
    expect(records.map(({ id }) => id)).toEqual(["2"]);
  });
});

describe("decodeSegment", () => {
  test.each([
    "\n",
    "\r\n",
    "\u0000",
    '"\\',
    "\u2028",
    "é€🦉",
    "\ud800",
    "x".repeat(100_000),
    "00000000 {}\n",
  ])("the text %j in a record · comes back as it was", (text) => {
    const record = recordOf({ error_message: text, metadata: { [text]: text } });
    expect(decodeSegment(Buffer.from(encodeLine(record)))).toEqual({ records: [record], damaged: [] });
  });

  test("a segment torn at any byte · the whole records before it, and the torn line apart", () => {
    const [first, second] = [recordOf({ id: "1" }), recordOf({ id: "2", user: "é" })].map((record) =>
      Buffer.from(encodeLine(record)),
    );
    if (!first || !second) throw new Error("two lines were made");
    const whole = Buffer.concat([first, second]);
    for (let end = first.length + 1; end < whole.length - 1; end++) {
      const { records, damaged } = decodeSegment(whole.subarray(0, end));
      expect(records.map(({ id }) => id)).toEqual(["1"]);
      expect(damaged).toHaveLength(1);
    }
    expect(decodeSegment(whole.subarray(0, -1)).records).toHaveLength(2);
  });

  test("a damaged line in the middle · costs itself alone", () => {
    const lines = ["1", "2", "3"].map((id) => Buffer.from(encodeLine(recordOf({ id }))));
    const middle = lines[1] as Buffer;
    middle[20] = (middle[20] as number) ^ 1;
    const { records, damaged } = decodeSegment(Buffer.concat(lines));
    expect(records.map(({ id }) => id)).toEqual(["1", "3"]);
    expect(damaged).toEqual([middle.toString("utf8").trimEnd()]);
  });

  test.each(["00000000", "00000000 ", "garbage", "0000000g {}", "\u0000\u0000\u0000"])(
    "%j · is damaged, and no stumbling block",
    (line) => {
      expect(decodeSegment(Buffer.from(`${line}\n`))).toEqual({ records: [], damaged: [line] });
    },
  );

  test("nothing · nothing", () => {
    expect(decodeSegment(Buffer.alloc(0))).toEqual({ records: [], damaged: [] });
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
    spoolOf("dead.0.0").append(recordOf({ id: "1" }));
    spoolOf("alive.0.0").append(recordOf({ id: "2" }));
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
