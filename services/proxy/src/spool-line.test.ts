import { describe, expect, test } from "vitest";
import { recordOf } from "./request.test-fixture.ts";
import { linesOf } from "./spool.test-fixture.ts";
import { decodeSegment, LineBuffer } from "./spool-line.ts";

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
    expect(decodeSegment(linesOf(record))).toEqual({ records: [record], damaged: [] });
  });

  test("a segment torn at any byte · the whole records before it, and the torn line apart", () => {
    const [first, second] = [recordOf({ id: "1" }), recordOf({ id: "2", user: "é" })].map((record) =>
      linesOf(record),
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
    const lines = ["1", "2", "3"].map((id) => linesOf(recordOf({ id })));
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

describe("LineBuffer", () => {
  test("lines that outgrow its memory · stand one behind the other, until they are cleared", () => {
    const lines = new LineBuffer();
    const records = [1, 70_000, 2, 3_000_000, 3].map((length, index) =>
      recordOf({ id: String(index), error_message: "é".repeat(length) }),
    );
    for (const record of records) lines.add(record);
    expect(lines.length).toBe(lines.bytes.length);
    expect(decodeSegment(lines.bytes)).toEqual({ records, damaged: [] });
    lines.clear();
    expect(lines.length).toBe(0);
    lines.add(recordOf());
    expect(decodeSegment(lines.bytes).records).toEqual([recordOf()]);
  });
});
