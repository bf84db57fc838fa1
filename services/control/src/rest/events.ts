import { PassThrough, Readable } from "node:stream";
import type { PerpetuoError } from "@perpetuo/contracts/errors";
import { isTrackedEnvelope } from "@trpc/server";
import type { FastifyReply } from "fastify";
import { toPerpetuoError, toPublicError } from "../errors.ts";
import { reportFailure } from "../http/failure-handlers.ts";
import { cutStalledReader } from "../http/stalled-reader.ts";

/** Proxies between drop what is silent for a minute. */
const heartbeatMs = 10_000;

/**
 * Answers with server-sent events: each item with its position as id, so that a browser resumes by itself, and
 * comments while there is none. A failure is the last event, named `error`.
 */
export function sendEvents(reply: FastifyReply, events: AsyncGenerator<unknown, void>): FastifyReply {
  const describeFailure = (error: PerpetuoError): string => {
    reportFailure(reply.log, error);
    return JSON.stringify(toPublicError(error, reply.request.id));
  };
  const source = Readable.from(textOf(events, describeFailure));
  const stream = new PassThrough();
  const heartbeat = setInterval(() => stream.write(": still here\n\n"), heartbeatMs);
  source.once("end", () => clearInterval(heartbeat));
  stream.once("close", () => {
    clearInterval(heartbeat);
    source.destroy();
  });
  cutStalledReader(reply);
  return reply
    .header("cache-control", "no-cache, no-transform")
    .header("content-type", "text/event-stream; charset=utf-8")
    .header("x-accel-buffering", "no")
    .send(source.pipe(stream));
}

async function* textOf(
  events: AsyncGenerator<unknown, void>,
  describeFailure: (error: PerpetuoError) => string,
): AsyncGenerator<string, void> {
  yield ": connected\n\n";
  try {
    for await (const event of events) yield formatEvent(event);
  } catch (thrown) {
    yield `event: error\ndata: ${describeFailure(toPerpetuoError(thrown))}\n\n`;
  }
}

function formatEvent(event: unknown): string {
  const [id, data] = isTrackedEnvelope(event) ? event : [null, event];
  const text = `data: ${JSON.stringify(data)}\n\n`;
  return id === null ? text : `id: ${id}\n${text}`;
}
