import { expect, test } from "vitest";
import { csvLine } from "./csv.ts";

test("csvLine · numbers and booleans bare, text quoted, null empty, objects as JSON", () => {
  expect(csvLine([1, -0.5, true, "text", null, { team: "blue" }])).toBe(
    '1,-0.5,true,"text",,"{""team"":""blue""}"\r\n',
  );
});

test("csvLine · quotes, separators and line breaks stay inside their field", () => {
  expect(csvLine(['a "b", c;\r\nd\te'])).toBe('"a ""b"", c;\r\nd\te"\r\n');
});

test.each([
  "=1+1",
  "+1",
  "-1",
  "@SUM(A1)",
  "\t=1",
  "\r=1",
  "\n=1",
  " =1",
  "\u00a0=1",
  "\ufeff=1",
  "＝1+1",
  '=HYPERLINK("http://evil.example","x")',
  "=cmd|'/c calc'!A1",
])("csvLine · %j is no formula", (text) => {
  expect(csvLine([text])).toBe(`"'${text.replaceAll('"', '""')}"\r\n`);
});

test("csvLine · an apostrophe is added to nothing else", () => {
  expect(csvLine(["gpt-4", "a=b", "", "'quoted'"])).toBe(`"gpt-4","a=b","","'quoted'"\r\n`);
});
