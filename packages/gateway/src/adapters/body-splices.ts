import type { ModelCall } from "../adapter.ts";

/** Bytes of a request's body that are replaced. */
export type Splice = { start: number; end: number; text: string };

/** The target's name of the model in the place of the client's, where they differ. */
export function modelSplices(call: ModelCall, upstreamModel: string): Splice[] {
  const model = call.fields.get("model");
  return model && call.model !== upstreamModel ? [{ ...model, text: JSON.stringify(upstreamModel) }] : [];
}

/** The body with its splices; without any it is the very same buffer. */
export function applySplices(body: Buffer, splices: Splice[]): Buffer {
  if (splices.length === 0) return body;
  const parts: Buffer[] = [];
  let at = 0;
  for (const splice of splices.sort((left, right) => left.start - right.start)) {
    parts.push(body.subarray(at, splice.start), Buffer.from(splice.text));
    at = splice.end;
  }
  parts.push(body.subarray(at));
  return Buffer.concat(parts);
}
