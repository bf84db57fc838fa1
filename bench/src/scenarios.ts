/** One kind of load, the same for every target. */
export type Scenario = {
  name: "unary" | "streaming";
  title: string;
  connections: number;
  /** The body of each request, JSON. */
  body: string;
  /** What CPU time is divided by. Chunks are the content chunks that the mock provider counted. */
  unit: "request" | "chunk";
};

const promptBytes = 1_024;
const sentence = "Summarise the following notes for a reader who was not there and has two minutes. ";
const prompt = sentence.repeat(Math.ceil(promptBytes / sentence.length)).slice(0, promptBytes);

const streamChunks = 100;
const chunkPaceMs = 10;

function chatBody(members: object): string {
  return JSON.stringify({ ...members, messages: [{ role: "user", content: prompt }] });
}

export const scenarios: readonly Scenario[] = [
  {
    name: "unary",
    title: "Unary: 64 connections, a prompt of 1 KiB, an answer of 16 tokens",
    connections: 64,
    body: chatBody({ model: "mock-fast" }),
    unit: "request",
  },
  {
    name: "streaming",
    title: `Streaming: 256 connections, ${streamChunks} chunks a stream, one every ${chunkPaceMs} ms`,
    connections: 256,
    body: chatBody({ model: `mock-fast?chunks=${streamChunks}&pace=${chunkPaceMs}`, stream: true }),
    unit: "chunk",
  },
];
