import { type ChildProcess, fork } from "node:child_process";
import { uuidv7 } from "@perpetuo/runtime/uuidv7";
import { childEnvironment } from "./config.ts";
import type { DrainReason, FromChild, ListenMode, ToChild } from "./messages.ts";

/** Beyond the grace, before a child is ended by force. */
const killGraceMs = 4_000;
/** To open a port takes milliseconds. */
const resumeMs = 2_000;

export type GenerationEvents = {
  onMessage: (generation: Generation, message: FromChild) => void;
  /** Its process is gone, and everything that it said has been heard. */
  onEnded: (generation: Generation) => void;
};

/** One child process of the supervisor, from its start to its end. Several can be alive during a rolling restart. */
export class Generation {
  readonly id = uuidv7();
  readonly startedAt = performance.now();
  /** Settle once: resolve when it could serve, and when every thread listens; reject when it never will. */
  readonly prepared: Promise<void>;
  readonly listening: Promise<void>;
  /** Resolves when it says that nothing is under way any more, or is gone. */
  readonly drained: Promise<void>;
  readonly ended: Promise<void>;
  /** What it waits for before it can serve. */
  waitsFor = "its threads have not started";
  /** Why the process ended: its exit code or signal; null while it lives. */
  how: string | null = null;
  /** One of its threads is blocked for good. */
  isStuck = false;
  /** The records of those before it are in the database. */
  isReplayed = false;
  private readonly process: ChildProcess;
  private drainLimits: NodeJS.Timeout[] = [];

  constructor(listen: ListenMode, events: GenerationEvents) {
    const prepared = Promise.withResolvers<void>();
    const listening = Promise.withResolvers<void>();
    const drained = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    this.prepared = prepared.promise;
    this.listening = listening.promise;
    this.drained = drained.promise;
    this.ended = ended.promise;
    const fail = (error: Error) => {
      prepared.reject(error);
      listening.reject(error);
    };
    // Whoever waits for either hears of it; nobody has to.
    for (const promise of [this.prepared, this.listening]) promise.catch(() => undefined);
    this.process = fork(new URL("./child.ts", import.meta.url), { env: childEnvironment() });
    this.process.on("message", (message: FromChild) => {
      if (message.kind === "prepared") prepared.resolve();
      else if (message.kind === "listening") listening.resolve();
      else if (message.kind === "drained") drained.resolve();
      else if (message.kind === "unprepared") this.waitsFor = message.reason;
      else if (message.kind === "failed") fail(new Error(message.message));
      events.onMessage(this, message);
    });
    const exit = new Promise<void>((resolve) => {
      this.process.once("exit", (code, signal) => {
        this.how = String(signal ?? code);
        resolve();
      });
      this.process.on("error", (error) => {
        // A process that could not even be made has no exit.
        if (this.process.pid !== undefined) return;
        this.how = error.message;
        resolve();
      });
    });
    // What the process sent before its end can arrive after the news of it.
    const silence = new Promise<void>((resolve) => {
      if (this.process.connected) this.process.once("disconnect", resolve);
      else resolve();
    });
    void Promise.all([exit, silence]).then(() => {
      fail(new Error(`The proxy's process ended before it listened (${this.how}).`));
      drained.resolve();
      events.onEnded(this);
      ended.resolve();
    });
    this.tell({ kind: "start", generation: this.id, listen });
  }

  get pid(): number | undefined {
    return this.process.pid;
  }

  get lifeMs(): number {
    return performance.now() - this.startedAt;
  }

  /** Whether spool segments of this owner are this generation's. */
  owns(owner: string): boolean {
    return owner.startsWith(`${this.id}.`);
  }

  tell(message: ToChild): void {
    // The pipe of a process that has just died breaks before its end is known; without a callback that is an uncaught error.
    if (this.process.connected) this.process.send(message, () => undefined);
  }

  kill(): void {
    this.process.kill("SIGKILL");
  }

  /** Lets it finish what is under way and ends it: in words after `graceMs`, by force some seconds later. */
  async drain(reason: DrainReason, graceMs: number): Promise<void> {
    this.tell({ kind: "drain", reason });
    this.forgetLimits();
    this.drainLimits = [
      setTimeout(() => this.tell({ kind: "hurry" }), graceMs),
      setTimeout(() => this.kill(), graceMs + killGraceMs),
    ];
    await this.drained;
    this.forgetLimits();
    this.kill();
    await this.ended;
  }

  /** Has a generation that drains take its port again. It may be too late for that. */
  async resume(): Promise<"resumed" | "gone"> {
    const resumed = new Promise<void>((resolve) => {
      this.process.on("message", ({ kind }: FromChild) => {
        if (kind === "listening") resolve();
      });
    });
    this.isReplayed = false;
    this.tell({ kind: "resume" });
    const limit = new Promise((resolve) => setTimeout(resolve, resumeMs).unref());
    return Promise.race([
      resumed.then(() => "resumed" as const),
      Promise.race([this.drained, limit]).then(() => "gone" as const),
    ]).then((outcome) => {
      if (outcome === "resumed") this.forgetLimits();
      else this.tell({ kind: "drain", reason: "replaced" });
      return outcome;
    });
  }

  private forgetLimits(): void {
    for (const limit of this.drainLimits.splice(0)) clearTimeout(limit);
  }
}
