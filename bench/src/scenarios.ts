import type { Target } from "./targets/target.ts";

/** A chat completion that can be asked of any target. */
export type ChatRequest = {
  /** The mock provider's model, with what it shall do. */
  model: string;
  stream: boolean;
  promptBytes: number;
};

/** One kind of load, the same for every target. */
export type Scenario = {
  name: "unary" | "streaming";
  title: string;
  connections: number;
  request: ChatRequest;
  /** What CPU time is divided by. Chunks are the content chunks that the mock provider counted. */
  unit: "request" | "chunk";
};

const sentence = "Summarise the following notes for a reader who was not there and has two minutes. ";
const streamChunks = 100;
const chunkPaceMs = 10;

/** A short question and a short answer, as the unary figures are taken with. */
export const plainRequest: ChatRequest = { model: "mock-fast", stream: false, promptBytes: 1_024 };

export const scenarios: readonly Scenario[] = [
  {
    name: "unary",
    title: "Unary: 64 connections, a prompt of 1 KiB, an answer of 16 tokens",
    connections: 64,
    request: plainRequest,
    unit: "request",
  },
  {
    name: "streaming",
    title: `Streaming: 256 connections, ${streamChunks} chunks a stream, one every ${chunkPaceMs} ms`,
    connections: 256,
    request: {
      model: `mock-fast?chunks=${streamChunks}&pace=${chunkPaceMs}`,
      stream: true,
      promptBytes: 1_024,
    },
    unit: "chunk",
  },
];

/** The body of the request for one target, JSON. */
export function bodyOf({ model, stream, promptBytes }: ChatRequest, target: Pick<Target, "model">): string {
  const content = sentence.repeat(Math.ceil(promptBytes / sentence.length)).slice(0, promptBytes);
  const name = target.model.replace("{model}", () => model);
  return JSON.stringify({
    model: name,
    ...(stream ? { stream } : {}),
    messages: [{ role: "user", content }],
  });
}
