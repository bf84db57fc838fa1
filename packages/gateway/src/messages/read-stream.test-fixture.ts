import { readSseEvent } from "../sse.ts";

type Event = { type: string; [field: string]: unknown };
type Block = { type: string; [field: string]: unknown };

/** A message as a client puts it together from a stream. */
export type ReadMessage = {
  message: {
    content: Block[];
    stop_reason: unknown;
    usage: Record<string, number>;
    [field: string]: unknown;
  };
  /** The types of the events, in order. */
  types: string[];
  isComplete: boolean;
  error: unknown;
};

/** Reads a stream as strictly as Anthropic's clients do: each event is named, and blocks come one after the other. */
export function readMessageStream(text: string): ReadMessage {
  const events = text
    .split("\n\n")
    .filter((event) => event !== "")
    .map((event) => {
      const { event: name, data } = readSseEvent(event);
      const value: Event = JSON.parse(data ?? "");
      if (value.type !== name) throw new Error(`${name} is not the name of ${value.type}`);
      return value;
    });
  const read = { types: events.map(({ type }) => type), isComplete: false, error: null as unknown };
  let message = null as ReadMessage["message"] | null;
  let open = null as Block | null;
  let json = "";
  for (const event of events) {
    const content: Block[] = message?.content ?? [];
    switch (event.type) {
      case "message_start":
        if (message !== null) throw new Error("a second beginning");
        message = structuredClone(event["message"]) as ReadMessage["message"];
        break;
      case "content_block_start":
        if (open !== null || event["index"] !== content.length) throw new Error("a block out of turn");
        open = structuredClone(event["content_block"]) as Block;
        content.push(open);
        json = "";
        break;
      case "content_block_delta":
        if (open === null || event["index"] !== content.length - 1) throw new Error("a delta out of turn");
        json = extend(open, event["delta"] as Record<string, string>, json);
        break;
      case "content_block_stop":
        if (open === null) throw new Error("an end without a block");
        if (open.type === "tool_use") open["input"] = JSON.parse(json || "{}");
        open = null;
        break;
      case "message_delta":
        Object.assign(message ?? {}, event["delta"], { usage: event["usage"] });
        break;
      case "message_stop":
        read.isComplete = open === null;
        break;
      case "error":
        read.error = event["error"];
    }
  }
  if (message === null && read.error === null) throw new Error("no beginning");
  return { ...read, message: message as ReadMessage["message"] };
}

function extend(block: Block, delta: Record<string, string>, json: string): string {
  if (delta["type"] === "text_delta") block["text"] = String(block["text"]) + delta["text"];
  if (delta["type"] === "thinking_delta") block["thinking"] = String(block["thinking"]) + delta["thinking"];
  if (delta["type"] === "signature_delta") block["signature"] = delta["signature"];
  return delta["type"] === "input_json_delta" ? json + delta["partial_json"] : json;
}
