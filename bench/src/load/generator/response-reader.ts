/** What a reader tells of one answer. */
export type ResponseEvents = {
  head: (status: number) => void;
  /** Bytes of the body, without framing; valid until it returns. */
  body: (bytes: Buffer) => void;
  end: () => void;
};

type State =
  | { at: "head"; text: string }
  | { at: "length"; left: number }
  | { at: "size"; text: string }
  | { at: "chunk"; left: number }
  /** The line break after a chunk. */
  | { at: "gap"; left: number }
  | { at: "trailer"; text: string };

const headEnd = "\r\n\r\n";
const lineEnd = "\r\n";
const firstFinalStatus = 200;

/**
 * Reads answers of HTTP/1.1 that have a length or are chunked, one after the other. It does no more than a load generator needs,
 * because a full client would cost more than what it measures.
 * The function throws when an answer is framed otherwise.
 */
export function createResponseReader(events: ResponseEvents): (bytes: Buffer) => void {
  let state: State = { at: "head", text: "" };

  /** Collects text up to a mark; null while the mark has not come. */
  const collect = (bytes: Buffer, from: number, mark: string) => {
    const before = "text" in state ? state.text : "";
    const text = before + bytes.toString("latin1", from);
    const end = text.indexOf(mark);
    if (end === -1) return { kind: "unfinished" as const, text };
    return {
      kind: "found" as const,
      text: text.slice(0, end),
      next: from + end + mark.length - before.length,
    };
  };
  const finish = () => {
    state = { at: "head", text: "" };
    events.end();
  };
  const startBody = (head: string) => {
    const status = Number(head.slice(9, 12));
    state = status < firstFinalStatus ? { at: "head", text: "" } : framingOf(head);
    if (status >= firstFinalStatus) events.head(status);
    if (state.at === "length" && state.left === 0) finish();
  };
  const take = (bytes: Buffer, from: number, left: number) => {
    const part = bytes.subarray(from, from + left);
    events.body(part);
    return part.length;
  };

  const readText = (bytes: Buffer, from: number, mark: string): number => {
    const found = collect(bytes, from, mark);
    if (found.kind === "unfinished") {
      if ("text" in state) state.text = found.text;
      return bytes.length;
    }
    if (state.at === "head") startBody(found.text);
    else if (state.at === "size") {
      const size = Number.parseInt(found.text, 16);
      if (Number.isNaN(size)) throw new Error(`"${found.text}" is not the size of a chunk.`);
      state = size === 0 ? { at: "trailer", text: "" } : { at: "chunk", left: size };
    } else if (found.text === "") finish();
    else state = { at: "trailer", text: "" };
    return found.next;
  };

  const step = (bytes: Buffer, from: number): number => {
    switch (state.at) {
      case "head":
        return readText(bytes, from, headEnd);
      case "size":
      case "trailer":
        return readText(bytes, from, lineEnd);
      case "gap": {
        const taken = Math.min(state.left, bytes.length - from);
        state = taken === state.left ? { at: "size", text: "" } : { at: "gap", left: state.left - taken };
        return from + taken;
      }
      case "length":
      case "chunk": {
        const taken = take(bytes, from, state.left);
        state.left -= taken;
        if (state.left === 0) {
          if (state.at === "length") finish();
          else state = { at: "gap", left: lineEnd.length };
        }
        return from + taken;
      }
    }
  };

  return (bytes) => {
    for (let at = 0; at < bytes.length; ) at = step(bytes, at);
  };
}

function framingOf(head: string): State {
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length !== undefined) return { at: "length", left: Number(length) };
  if (/\r\ntransfer-encoding: *chunked/i.test(head)) return { at: "size", text: "" };
  throw new Error("The answer has neither a length nor chunks.");
}
