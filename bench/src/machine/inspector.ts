import { once } from "node:events";
import { BenchError } from "../bench-error.ts";
import { listeningPortsOf } from "./listener.ts";

/** Puts the inspector of every Node process on a free port; it opens only when it is asked for. */
export const inspectorEnvironment = { NODE_OPTIONS: "--inspect-port=127.0.0.1:0" };

/** What a running Node process says of itself, all its threads together. */
export type Inspector = {
  /** Collects the garbage of every thread. */
  collectGarbage: () => Promise<void>;
  /** Resources that keep an event loop alive, by kind, such as `Timeout`. */
  countResources: () => Promise<Record<string, number>>;
  close: () => void;
};

type Message = {
  id?: number;
  method?: string;
  params?: Record<string, unknown>;
  result?: unknown;
  error?: unknown;
};
/** Sends a command to one thread. */
type Call = (method: string, parameters?: Record<string, unknown>) => Promise<Record<string, unknown>>;

const openTimeoutMs = 10_000;
const callTimeoutMs = 30_000;
const pollMs = 50;

/**
 * Opens the inspector that every Node process has, by SIGUSR1, and connects to it. The process needs nothing for it, and
 * production does not have the signal sent.
 */
export async function openInspector(pid: number): Promise<Inspector> {
  const before = new Set(listeningPortsOf(pid));
  process.kill(pid, "SIGUSR1");
  const socket = new WebSocket(await findInspector(pid, before));
  await once(socket, "open");
  const threads = new Map<string, Call>();
  const main = talk((message) => socket.send(JSON.stringify(message)));
  const workers = new Map<string, ReturnType<typeof talk>>();
  socket.addEventListener("message", ({ data }) => {
    const message = JSON.parse(String(data)) as Message;
    const sessionId = String(message.params?.["sessionId"]);
    if (message.method === "NodeWorker.attachedToWorker") {
      const worker = talk((command) => {
        void main.call("NodeWorker.sendMessageToWorker", { sessionId, message: JSON.stringify(command) });
      });
      workers.set(sessionId, worker);
      threads.set(sessionId, worker.call);
    } else if (message.method === "NodeWorker.receivedMessageFromWorker") {
      workers.get(sessionId)?.receive(JSON.parse(String(message.params?.["message"])) as Message);
    } else if (message.method === "NodeWorker.detachedFromWorker") threads.delete(sessionId);
    else main.receive(message);
  });
  threads.set("main", main.call);
  await main.call("NodeWorker.enable", { waitForDebuggerOnStart: false });
  return {
    async collectGarbage() {
      for (const call of threads.values()) await call("HeapProfiler.collectGarbage");
    },
    async countResources() {
      const counts: Record<string, number> = {};
      for (const call of threads.values()) {
        for (const kind of await listResources(call)) counts[kind] = (counts[kind] ?? 0) + 1;
      }
      return counts;
    },
    close: () => socket.close(),
  };
}

async function findInspector(pid: number, before: ReadonlySet<number>): Promise<string> {
  const deadline = performance.now() + openTimeoutMs;
  while (performance.now() < deadline) {
    const [port] = listeningPortsOf(pid).filter((candidate) => !before.has(candidate));
    if (port !== undefined) {
      const answer = await fetch(`http://127.0.0.1:${port}/json/list`, {
        signal: AbortSignal.timeout(openTimeoutMs),
      });
      const [target] = (await answer.json()) as { webSocketDebuggerUrl: string }[];
      if (target !== undefined) return target.webSocketDebuggerUrl;
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  throw new BenchError(`Process ${pid} did not open its inspector.`);
}

/** Matches answers to commands by their number. */
function talk(send: (message: Message) => void): { call: Call; receive: (message: Message) => void } {
  const waiting = new Map<
    number,
    { resolve: (result: Record<string, unknown>) => void; reject: (error: Error) => void }
  >();
  let next = 1;
  return {
    call(method, params = {}) {
      const id = next++;
      const { promise, resolve, reject } = Promise.withResolvers<Record<string, unknown>>();
      const timer = setTimeout(
        () => reject(new BenchError(`The inspector did not answer ${method}.`)),
        callTimeoutMs,
      );
      waiting.set(id, { resolve, reject });
      send({ id, method, params });
      return promise.finally(() => {
        clearTimeout(timer);
        waiting.delete(id);
      });
    },
    receive({ id, result, error }) {
      const found = waiting.get(id ?? 0);
      if (error === undefined) found?.resolve((result ?? {}) as Record<string, unknown>);
      else found?.reject(new BenchError(`The inspector refused a command: ${JSON.stringify(error)}`));
    },
  };
}

async function listResources(call: Call): Promise<string[]> {
  const expression = "process.getActiveResourcesInfo()";
  const { result } = await call("Runtime.evaluate", { expression, returnByValue: true });
  const value = (result as { value?: unknown } | undefined)?.value;
  return Array.isArray(value) ? value.map(String) : [];
}
