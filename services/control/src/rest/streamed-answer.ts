import type { FastifyReply } from "fastify";
import { readFormat, sendDownload } from "./download.ts";
import { sendEvents } from "./events.ts";
import type { StreamedAnswer } from "./routes.ts";

/** One call of a procedure that streams. */
export type StreamedCall = {
  answer: StreamedAnswer;
  /** Fields of each item. */
  columns: readonly string[];
  input: Record<string, unknown>;
  call(input: unknown): Promise<unknown> | undefined;
};

/** Calls a procedure that streams and sends what it yields. What the transport needs to know is no field of its input. */
export async function sendStream(reply: FastifyReply, streamed: StreamedCall): Promise<FastifyReply> {
  const { answer, columns, call } = streamed;
  if (answer.kind === "download") {
    const { format: wanted, ...input } = streamed.input;
    const format = readFormat(wanted);
    const rows = (await call(input)) as AsyncGenerator<unknown, void>;
    return sendDownload(reply, { fileName: answer.fileName, format, columns, rows });
  }
  const lastEventId = reply.request.headers["last-event-id"];
  // A browser's EventSource repeats its first address and adds where it stands.
  const resumed = lastEventId === undefined ? {} : { lastEventId };
  const events = (await call({ ...streamed.input, ...resumed })) as AsyncGenerator<unknown, void>;
  return sendEvents(reply, events);
}
