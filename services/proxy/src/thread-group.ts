import { Worker } from "node:worker_threads";
import type { MetricsJson } from "@perpetuo/runtime/metrics";
import type { FromThread, ThreadData, ThreadLoad, ToThread } from "./messages.ts";
import { ThreadPoll } from "./thread-poll.ts";

export type Thread = {
  readonly index: number;
  readonly owner: string;
  readonly worker: Worker;
  /** What it still waits for before it could serve; null when nothing. */
  waitsFor: string | null;
  isListening: boolean;
};

/** What a thread says without having been asked. */
export type ThreadNews = Exclude<FromThread, { kind: "metrics" | "load" }>;

export type ThreadGroupEvents = {
  onMessage: (thread: Thread, message: ThreadNews) => void;
  onError: (thread: Thread, error: unknown) => void;
  onEnded: (thread: Thread) => void;
  /** Whether the thread can be asked: one that is blocked may answer later, one that is stuck never will. */
  answers: (thread: Thread) => "now" | "later" | "never";
};

/**
 * A request's objects die young, but those of requests in flight, some 15 KiB each, outlive a collection: where they fill
 * half of a nursery, each collection copies them all, and under 64 requests at once a nursery of 8 MiB cost a third of
 * the CPU time. The engine's own would let each thread grow by 48 MiB before it looks what can go.
 */
const youngGenerationMb = 24;

/** The threads of the process that are alive, and what is asked of all of them. */
export class ThreadGroup {
  private readonly events: ThreadGroupEvents;
  private readonly threads = new Set<Thread>();
  private readonly metricsPoll = new ThreadPoll<Thread, MetricsJson>();
  private readonly loadPoll = new ThreadPoll<Thread, ThreadLoad>();

  constructor(events: ThreadGroupEvents) {
    this.events = events;
  }

  get size(): number {
    return this.threads.size;
  }

  has(index: number): boolean {
    for (const thread of this.threads) if (thread.index === index) return true;
    return false;
  }

  get isListening(): boolean {
    for (const thread of this.threads) if (!thread.isListening) return false;
    return true;
  }

  /** What one of them waits for before it could serve; null when nothing. */
  get waitsFor(): string | null {
    for (const { waitsFor } of this.threads) if (waitsFor !== null) return waitsFor;
    return null;
  }

  at(index: number): Thread | undefined {
    return [...this.threads].find((thread) => thread.index === index);
  }

  /** Of each thread, whether it was ready when it was last heard of. */
  areReady(wasReady: (index: number) => boolean): boolean[] {
    return [...this.threads].map(({ index, isListening }) => isListening && wasReady(index));
  }

  start(data: ThreadData): void {
    const worker = new Worker(new URL("./thread.ts", import.meta.url), {
      workerData: data,
      resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMb },
    });
    const { index, owner } = data;
    const thread: Thread = { index, owner, worker, waitsFor: "its threads start", isListening: false };
    this.threads.add(thread);
    worker.on("message", (message: FromThread) => this.hear(thread, message));
    worker.on("error", (error) => this.events.onError(thread, error));
    worker.on("exit", () => {
      this.threads.delete(thread);
      this.metricsPoll.forget(thread);
      this.loadPoll.forget(thread);
      this.events.onEnded(thread);
    });
  }

  tell(thread: Thread, message: ToThread): void {
    thread.worker.postMessage(message);
  }

  tellAll(message: ToThread): void {
    for (const thread of this.threads) this.tell(thread, message);
  }

  /** Has every thread open the port, which it may have had open before. */
  listen(): void {
    for (const thread of this.threads) thread.isListening = false;
    this.tellAll({ kind: "listen" });
  }

  metrics(): Promise<MetricsJson[]> {
    const answering = [...this.threads].filter((thread) => this.events.answers(thread) === "now");
    return this.metricsPoll.ask(answering, (thread, id) =>
      this.tell(thread, { kind: "collect-metrics", id }),
    );
  }

  /** What the threads have in hand, but for those that are lost. */
  async load(): Promise<ThreadLoad> {
    const living = [...this.threads].filter((thread) => this.events.answers(thread) !== "never");
    const loads = await this.loadPoll.ask(living, (thread, id) => this.tell(thread, { kind: "weigh", id }));
    const total = { inFlight: 0, connections: 0 };
    for (const { inFlight, connections } of loads) {
      total.inFlight += inFlight;
      total.connections += connections;
    }
    return total;
  }

  /** Nobody waits for the thread's answer to such a question any longer. */
  expectNothing(index: number, question: "metrics" | "load"): void {
    const thread = this.at(index);
    if (thread === undefined) return;
    if (question === "metrics") this.metricsPoll.forget(thread);
    else this.loadPoll.forget(thread);
  }

  /** Resolves when none is left. */
  async close(): Promise<void> {
    const exits = [...this.threads].map(
      (thread) => new Promise((resolve) => thread.worker.once("exit", resolve)),
    );
    this.tellAll({ kind: "close" });
    await Promise.all(exits);
  }

  private hear(thread: Thread, message: FromThread): void {
    switch (message.kind) {
      case "metrics":
        this.metricsPoll.answer(message.id, thread, message.metrics);
        return;
      case "load":
        this.loadPoll.answer(message.id, thread, message);
        return;
      case "unprepared":
        thread.waitsFor = message.reason;
        break;
      case "prepared":
        thread.waitsFor = null;
        break;
      case "listening":
        thread.isListening = true;
        break;
      case "failed":
      case "limit-call":
      case "metrics-wanted":
      case "closed":
        break;
    }
    this.events.onMessage(thread, message);
  }
}
