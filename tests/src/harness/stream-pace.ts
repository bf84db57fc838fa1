import { chat } from "./gateway-client.ts";
import type { Stack } from "./stack.ts";

const watchedStreams = 8;

export type PaceOptions = { apiKey: string /** Of the provider's chunks. */; paceMs: number; forMs: number };

/** Gaps between the chunks of eight streams that are read as they come, in milliseconds: what others do to them. */
export async function measurePace(
  stack: Pick<Stack, "proxyUrl">,
  { apiKey, paceMs, forMs }: PaceOptions,
): Promise<number[]> {
  const stop = AbortSignal.timeout(forMs);
  const streams = await Promise.all(
    Array.from({ length: watchedStreams }, async () => {
      const answer = await fetch(`${stack.proxyUrl}/v1/chat/completions`, {
        method: "POST",
        headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
        body: JSON.stringify(chat(`mock?chunks=endless&pace=${paceMs}`, { stream: true })),
        signal: stop,
      });
      return gapsOf(answer.body ?? new ReadableStream(), stop);
    }),
  );
  return streams.flat();
}

async function gapsOf(stream: ReadableStream<Uint8Array>, stop: AbortSignal): Promise<number[]> {
  const gaps: number[] = [];
  let last: number | null = null;
  try {
    for await (const _ of stream) {
      const now = performance.now();
      if (last !== null) gaps.push(now - last);
      last = now;
    }
  } catch (error) {
    if (!stop.aborted) throw error;
  }
  return gaps;
}
