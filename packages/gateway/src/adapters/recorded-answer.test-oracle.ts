/** What an answer says, whatever the wire: its text, and its tool calls with their arguments as JSON values. */
export type Said = { text: string; calls: { name: string; arguments: unknown }[] };

// The recordings' own fields, as far as they are looked at here.
type Fields = { [name: string]: Fields } & Fields[] & string;

/**
 * Reads a recording by hand, without any of the gateway's code: `values` are the whole answer alone, or a stream's events.
 * Each wire is told by its folder.
 */
export function readRecording(folder: string, values: unknown[]): Said {
  return readers[folder]?.(values as Fields[]) ?? readChatCompletions(values as Fields[]);
}

const readers: Record<string, (values: Fields[]) => Said> = {
  anthropic: readAnthropic,
  google: readGoogle,
  cohere: readCohere,
};

function readAnthropic(values: Fields[]): Said {
  const text: string[] = [];
  const calls = new Map<unknown, { name: string; json: string }>();
  for (const value of values) {
    for (const [index, block] of (value["content"] ?? []).entries()) {
      if (block["type"] === "text") text.push(block["text"] as string);
      if (block["type"] === "tool_use")
        calls.set(index, { name: block["name"] as string, json: JSON.stringify(block["input"]) });
    }
    const started = value["content_block"];
    if (started?.["type"] === "tool_use")
      calls.set(value["index"], { name: started["name"] as string, json: "" });
    const delta = value["delta"];
    if (delta?.["type"] === "text_delta") text.push(delta["text"] as string);
    const call = calls.get(value["index"]);
    if (delta?.["type"] === "input_json_delta" && call) call.json += delta["partial_json"] as string;
  }
  return said(text, calls.values());
}

function readGoogle(values: Fields[]): Said {
  const parts = values.flatMap((value) => value["candidates"]?.[0]?.["content"]?.["parts"] ?? []) as Fields[];
  const spoken = parts.filter((part) => part["text"] !== undefined && part["thought"] === undefined);
  const calls = parts.flatMap((part) => part["functionCall"] ?? []) as Fields[];
  return said(
    spoken.map((part) => part["text"] as string),
    calls.map((call) => ({ name: call["name"] as string, json: JSON.stringify(call["args"]) })),
  );
}

function readCohere(values: Fields[]): Said {
  const text: string[] = [];
  const calls = new Map<unknown, { name: string; json: string }>();
  const add = (index: unknown, call: Fields | undefined) => {
    if (call === undefined) return;
    const known = calls.get(index) ?? { name: "", json: "" };
    known.name += call["function"]?.["name"] ?? "";
    known.json += call["function"]?.["arguments"] ?? "";
    calls.set(index, known);
  };
  for (const value of values) {
    for (const part of value["message"]?.["content"] ?? [])
      if (part["type"] === "text") text.push(part["text"] as string);
    for (const [index, call] of (value["message"]?.["tool_calls"] ?? []).entries()) add(index, call);
    const message = value["delta"]?.["message"];
    if (value["type"] === "content-delta")
      text.push((message?.["content"]?.["text"] as string | undefined) ?? "");
    const type = value["type"] as string | undefined;
    if (type?.startsWith("tool-call-")) add(value["index"], message?.["tool_calls"]);
  }
  return said(text, calls.values());
}

/** OpenAI's wire, and what is like it. */
function readChatCompletions(values: Fields[]): Said {
  const text: string[] = [];
  const calls = new Map<unknown, { name: string; json: string }>();
  for (const value of values) {
    const choice = value["choices"]?.[0];
    const message = choice?.["message"] ?? choice?.["delta"];
    const content = message?.["content"] ?? choice?.["text"];
    if (typeof content === "string") text.push(content);
    for (const [place, call] of (message?.["tool_calls"] ?? []).entries()) {
      const index = call["index"] ?? place;
      const known = calls.get(index) ?? { name: "", json: "" };
      known.name ||= call["function"]?.["name"] ?? "";
      known.json += call["function"]?.["arguments"] ?? "";
      calls.set(index, known);
    }
  }
  return said(text, calls.values());
}

/** No arguments at all are those of an empty object. */
function said(text: string[], calls: Iterable<{ name: string; json: string }>): Said {
  return {
    text: text.join(""),
    calls: [...calls].map(({ name, json }) => ({
      name,
      arguments: JSON.parse(json === "" ? "{}" : json) as unknown,
    })),
  };
}
