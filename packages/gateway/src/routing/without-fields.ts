import type { Span } from "../json-scan.ts";

const openBrace = 0x7b;
const comma = 0x2c;
const quote = 0x22;
const backslash = 0x5c;
const space = 0x20;

/**
 * A JSON object's text without some of its top-level fields, every other byte as it was. `fields` are the spans of the
 * values, as a scan of the text found them; one field at least has to remain.
 */
export function withoutFields(
  body: Buffer,
  fields: ReadonlyMap<string, Span>,
  names: readonly string[],
): Buffer {
  const doomed = names
    .flatMap((name) => fields.get(name) ?? [])
    .sort((left, right) => left.start - right.start);
  const kept: Buffer[] = [];
  let from = 0;
  // A field goes with the comma before it; where none is left before it, with the one behind it.
  let leading = -1;
  for (const value of doomed) {
    const key = startOfKey(body, value.start);
    const before = skipBack(body, key - 1);
    const isFirst = body[before] === openBrace || before === leading;
    const end = isFirst ? commaBehind(body, value.end) : value.end;
    kept.push(body.subarray(from, isFirst ? key : before));
    if (isFirst) leading = end;
    from = isFirst ? end + 1 : end;
  }
  kept.push(body.subarray(from));
  return Buffer.concat(kept);
}

/** The opening quote of the key whose value starts at `value`: no quote within a key is without a backslash. */
function startOfKey(body: Buffer, value: number): number {
  const colon = skipBack(body, value - 1);
  const closing = skipBack(body, colon - 1);
  let at = body.lastIndexOf(quote, closing - 1);
  while (isEscaped(body, at)) at = body.lastIndexOf(quote, at - 1);
  return at;
}

function isEscaped(body: Buffer, at: number): boolean {
  let before = at;
  while (body[before - 1] === backslash) before--;
  return (at - before) % 2 === 1;
}

function skipBack(body: Buffer, from: number): number {
  let at = from;
  while ((body[at] as number) <= space) at--;
  return at;
}

/** The comma behind a value that is not the last one. */
function commaBehind(body: Buffer, from: number): number {
  return body.indexOf(comma, from);
}
