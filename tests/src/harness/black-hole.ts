import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";
import { Worker } from "node:worker_threads";

/** A port whose kernel answers no further connection: what a firewall that drops packets looks like. */
export type BlackHole = AsyncDisposable & { port: number };

/** Longer than a connection over loopback takes, on a loaded machine as well. */
const connectMs = 500;
const mostFillers = 16;

/**
 * A thread listens with the shortest queue and then sleeps, so that nothing is ever accepted. Once the queue is full,
 * Linux drops every SYN (net.ipv4.tcp_abort_on_overflow is off unless somebody turns it on).
 */
export async function openBlackHole(): Promise<BlackHole> {
  const awake = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(listener, { eval: true, workerData: awake });
  const [port] = (await once(worker, "message")) as [number];
  const fillers: Socket[] = [];
  for (let connected = true; connected; ) {
    if (fillers.length === mostFillers) throw new Error("The queue of the sleeping listener does not fill.");
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => socket.destroy());
    fillers.push(socket);
    await Promise.race([once(socket, "connect"), delay(connectMs)]);
    // A test that was held up finds its timer due before it looks at its sockets.
    await nextTurn();
    connected = !socket.connecting;
  }
  return {
    port,
    async [Symbol.asyncDispose]() {
      for (const socket of fillers) socket.destroy();
      const ended = once(worker, "exit");
      Atomics.store(awake, 0, 1);
      Atomics.notify(awake, 0);
      await ended;
    },
  };
}

const listener = `
  const { createServer } = require("node:net");
  const { parentPort, workerData } = require("node:worker_threads");
  const server = createServer((socket) => socket.destroy());
  server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    Atomics.wait(workerData, 0, 0);
    process.exit();
  });
`;
