import type { FastifyReply } from "fastify";

/** A reader that takes nothing for so long is gone. */
const stalledReaderMs = 60_000;

/**
 * Cuts the connection of a reader who has stopped reading, so that a stream which waits for it gives back what it holds.
 * What lasts must write something more often than this.
 */
export function cutStalledReader(reply: FastifyReply, timeoutMs: number = stalledReaderMs): void {
  reply.raw.setTimeout(timeoutMs, () => reply.raw.destroy());
}
