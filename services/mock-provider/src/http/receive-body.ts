import type { HttpResponse } from "uWebSockets.js";

/** The largest body that the mock takes, in bytes. */
const maximumBodyBytes = 64 * 1024 * 1024;

export type ReceivedBody =
  | { kind: "whole"; body: Buffer; size: number }
  | { kind: "too-large"; size: number }
  | { kind: "closed" };

/**
 * Collects a request's body and calls `done` once; must be called before the route handler returns. A body that
 * arrived in one piece is passed on in place, so `done` must not keep it. `onClosed` tells of a client that went
 * away after that.
 */
export function receiveBody(
  response: HttpResponse,
  handlers: { done: (body: ReceivedBody) => void; onClosed: () => void },
): void {
  const pieces: Buffer[] = [];
  let size = 0;
  let arrived = false;
  response.onAborted(() => (arrived ? handlers.onClosed() : handlers.done({ kind: "closed" })));
  response.onData((piece, isLast) => {
    size += piece.byteLength;
    const fits = size <= maximumBodyBytes;
    const view = Buffer.from(piece);
    if (!isLast) {
      if (fits) pieces.push(Buffer.from(view));
      return;
    }
    arrived = true;
    if (!fits) handlers.done({ kind: "too-large", size });
    else if (pieces.length === 0) handlers.done({ kind: "whole", body: view, size });
    else handlers.done({ kind: "whole", body: Buffer.concat([...pieces, view]), size });
  });
}
