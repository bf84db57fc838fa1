import { Worker } from "node:worker_threads";
import { expect, test, vi } from "vitest";
import { lookAtThread } from "./thread-stack.ts";

/** Spins until it is told to stop, and says what it does. */
const source = `
  const { parentPort, workerData } = require("node:worker_threads");
  const stop = new Int32Array(workerData);
  function spinUntilTold() { while (Atomics.load(stop, 0) === 0) Math.random(); }
  parentPort.postMessage("spins");
  setImmediate(() => { spinUntilTold(); parentPort.postMessage("goes on"); });`;

test("a worker that does not come back, beside another · its stack; and it goes on afterwards", async () => {
  const stop = new SharedArrayBuffer(4);
  const idle = new Worker("setInterval(() => undefined, 1000)", { eval: true });
  const spinning = new Worker(source, { eval: true, workerData: stop });
  const message = () => new Promise((resolve) => spinning.once("message", resolve));
  await message();
  for (let turn = 0; turn < 2; turn++) {
    // It says that it will spin before it does, and what it calls may be on top.
    await vi.waitFor(async () => {
      const stack = await lookAtThread(spinning.threadId);
      expect(stack?.join("\n")).toContain("spinUntilTold");
    });
  }
  const after = message();
  Atomics.store(new Int32Array(stop), 0, 1);
  expect(await after).toBe("goes on");
  await Promise.all([idle.terminate(), spinning.terminate()]);
});
