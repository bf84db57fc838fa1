import type { Socket } from "node:net";
import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";
import type { Step } from "./steps.ts";

/** How a script went: to its end, or until the client closed. */
export type Played = { kind: "played"; bytes: number } | { kind: "client-closed"; bytes: number };

/** Does one step after another, never faster than the client reads. */
export async function play(socket: Socket, steps: Iterable<Step>): Promise<Played> {
  const before = socket.bytesWritten;
  const sent = () => socket.bytesWritten - before;
  for (const step of steps) {
    if (socket.destroyed) return { kind: "client-closed", bytes: sent() };
    await doStep(socket, step);
  }
  return { kind: "played", bytes: sent() };
}

async function doStep(socket: Socket, step: Step): Promise<void> {
  switch (step.kind) {
    case "write":
      return writeAll(socket, Buffer.from(step.bytes));
    case "each-byte":
      for (const byte of Buffer.from(step.bytes)) {
        await writeAll(socket, Buffer.of(byte));
        await (step.gapMs > 0 ? delay(step.gapMs) : nextTurn());
        if (socket.destroyed) return;
      }
      return;
    case "wait":
      await delay(step.milliseconds);
      return;
    case "finish":
      socket.end();
      return;
    case "reset":
      socket.resetAndDestroy();
      return;
  }
}

/** Resolves when the operating system has taken enough for more to follow, or when the connection is gone. */
async function writeAll(socket: Socket, bytes: Buffer): Promise<void> {
  if (socket.destroyed || socket.write(bytes)) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      socket.off("drain", done).off("close", done);
      resolve();
    };
    socket.on("drain", done).on("close", done);
  });
}
