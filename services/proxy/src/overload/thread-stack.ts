import { Session } from "node:inspector";

/** How long the stack is waited for, in milliseconds: a thread inside native code answers only when it is out again. */
const patienceMs = 2_000;
const longestStack = 12;

type CallFrame = { functionName: string; location: { scriptId: string; lineNumber: number } };
type WorkerMessage =
  | { method: "Debugger.scriptParsed"; params: { scriptId: string; url: string } }
  | { method: "Debugger.paused"; params: { callFrames: CallFrame[] } }
  | { id: number; method?: undefined };

const requests = { enable: 1, pause: 2, resume: 3, disable: 4 } as const;

/**
 * What a thread that does not return to its event loop is doing: its call stack, innermost first. Null when it cannot be
 * seen in time, as in native code. The thread is halted for the moment of a look.
 */
export function lookAtThread(threadId: number): Promise<string[] | null> {
  const { promise, resolve } = Promise.withResolvers<string[] | null>();
  const patience = setTimeout(() => resolve(null), patienceMs).unref();
  const look = new Look(threadId, resolve);
  look.begin();
  return promise.finally(() => {
    clearTimeout(patience);
    look.endUnlessAttached();
  });
}

class Look {
  private readonly session = new Session();
  private readonly threadId: number;
  private readonly onStack: (stack: string[]) => void;
  private readonly urls = new Map<string, string>();
  private sessionId: string | null = null;

  constructor(threadId: number, onStack: (stack: string[]) => void) {
    this.threadId = threadId;
    this.onStack = onStack;
  }

  begin(): void {
    const { session } = this;
    session.connect();
    session.on("NodeWorker.attachedToWorker", ({ params }) => {
      // Node names a worker by its thread's id here, and by nothing else that is known outside.
      if (params.workerInfo.title !== `[worker ${this.threadId}]`) return;
      this.sessionId = params.sessionId;
      this.send("enable");
      this.send("pause");
    });
    session.on("NodeWorker.receivedMessageFromWorker", ({ params }) => {
      if (params.sessionId === this.sessionId) this.receive(JSON.parse(params.message) as WorkerMessage);
    });
    session.on("NodeWorker.detachedFromWorker", ({ params }) => {
      if (params.sessionId === this.sessionId) this.session.disconnect();
    });
    session.post("NodeWorker.enable", { waitForDebuggerOnStart: false });
  }

  /** Once attached it goes on: a thread that halts later must be let go then, or it would be blocked for good. */
  endUnlessAttached(): void {
    if (this.sessionId === null) this.session.disconnect();
  }

  private receive(message: WorkerMessage): void {
    if (message.method === "Debugger.scriptParsed") {
      this.urls.set(message.params.scriptId, message.params.url);
    } else if (message.method === "Debugger.paused") {
      this.send("resume");
      this.send("disable");
      this.onStack(message.params.callFrames.slice(0, longestStack).map((frame) => this.describe(frame)));
    } else if (message.method === undefined && message.id === requests.disable) {
      this.session.post("NodeWorker.disable", () => this.session.disconnect());
    }
  }

  private describe({ functionName, location }: CallFrame): string {
    const name = functionName || "(anonymous)";
    return `${name} ${this.urls.get(location.scriptId) ?? ""}:${location.lineNumber + 1}`;
  }

  private send(what: keyof typeof requests): void {
    const message = JSON.stringify({ id: requests[what], method: `Debugger.${what}` });
    this.session.post("NodeWorker.sendMessageToWorker", { sessionId: this.sessionId ?? "", message });
  }
}
