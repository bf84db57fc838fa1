import { PerpetuoError } from "@perpetuo/contracts/errors";
import { type Exchange, type Interruption, interruptionMessage } from "../exchange.ts";
import { createPlaceBuffers, type PlaceBuffers, Places, processRow } from "./places.ts";
import { createPressureBuffer, Pressure, type PressureReason } from "./pressure.ts";
import { createLineBuffer, WaitingLine, type WaitState } from "./waiting-line.ts";

/** Why a request was not taken on. */
export type ShedReason = PressureReason | "in-flight" | "workspace";

export type EntranceLimits = {
  /** Requests in flight: of the process, and of one workspace. */
  process: number;
  workspace: number;
  /** Milliseconds that a request may wait for a place. */
  waitMs: number;
};

export type EntranceBuffers = {
  places: PlaceBuffers;
  line: SharedArrayBuffer;
  pressure: SharedArrayBuffer;
  /** A cell for each thread, which is counted up when one of its waiting requests has news. */
  news: SharedArrayBuffer;
};

/** The limits as the environment sets them. */
export function entranceLimits(config: {
  maxInFlight: number;
  maxInFlightPerWorkspace: number;
  queueWaitMs: number;
}): EntranceLimits {
  const { maxInFlight, maxInFlightPerWorkspace, queueWaitMs } = config;
  return { process: maxInFlight, workspace: maxInFlightPerWorkspace, waitMs: queueWaitMs };
}

/** Memory of the entrance that all threads of a process share. */
export function createEntranceBuffers(threads: number, queueLength: number): EntranceBuffers {
  return {
    places: createPlaceBuffers(threads),
    line: createLineBuffer(queueLength),
    pressure: createPressureBuffer(threads),
    news: new SharedArrayBuffer(threads * Int32Array.BYTES_PER_ELEMENT),
  };
}

export type EntranceDeps = {
  thread: number;
  threads: number;
  limits: EntranceLimits;
  /** Milliseconds on a clock that all threads share. */
  tick: () => number;
  onShed: (reason: ShedReason) => void;
};

/** Part of the places that, while several workspaces come, is for those that hold less than their even share. */
const reservedShare = 1 / 10;
/** Several workspaces come: two of them within this time, in milliseconds. */
const togetherMs = 10_000;
/** A workspace that was refused within this time, in milliseconds, does not wait again for more than its even share. */
const impatientMs = 1_000;

type WaitEnd = Exclude<WaitState, "waiting"> | "too-long" | Interruption;

/** What a request in flight holds. It is given back by `leave`. */
export type Place = { readonly row: number };

/**
 * Where requests are let in: at most so many at once, over all threads and of one workspace. Who finds no place waits
 * for one, briefly, and is refused otherwise. A workspace that is refused all the time and holds its even share is
 * refused at once, so that refusals are fast and the line is short for those who hold less.
 */
export class Entrance {
  private readonly deps: EntranceDeps;
  private readonly places: Places;
  private readonly line: WaitingLine;
  private readonly pressure: Pressure;
  private readonly news: Int32Array;
  private readonly waits = new Map<number, (end: WaitEnd) => void>();
  private isListening = false;

  constructor(buffers: EntranceBuffers, deps: EntranceDeps) {
    this.deps = deps;
    this.places = new Places(buffers.places, deps.threads);
    this.line = new WaitingLine(buffers.line, (row) => this.places.taken(row));
    this.pressure = new Pressure(buffers.pressure);
    this.news = new Int32Array(buffers.news);
  }

  /** Requests of the process that have a place, and those that wait for one. */
  get counts(): { taken: number; waiting: number } {
    return { taken: this.places.taken(processRow), waiting: this.line.depth };
  }

  heldBy(thread: number): number {
    return this.places.heldBy(processRow, thread);
  }

  /** A place, at once or after a wait. Throws or rejects with `PerpetuoError` 503, and when the wait is interrupted. */
  enter(workspaceId: string, exchange: Pick<Exchange, "onInterruption">): Place | Promise<Place> {
    const { thread } = this.deps;
    const row = this.places.rowOf(workspaceId);
    this.places.noteVisit(row, this.deps.tick);
    const obstacle = this.pressure.obstacle(thread, this.heldBy(thread));
    if (obstacle !== null) throw this.refuse(row, obstacle);
    if (this.line.depth === 0 && this.take(row, thread) === "taken") return { row };
    const mayWait = this.mayWait(row);
    if (!mayWait && this.isFull(row)) throw this.refuse(row, "in-flight");
    return this.queue(row, mayWait, exchange);
  }

  leave({ row }: Place): void {
    this.places.release(row, this.deps.thread);
    this.places.release(processRow, this.deps.thread);
    if (this.line.depth > 0) this.serve(new Set());
  }

  /** Frees what a thread that is gone has held, and lets others have it. */
  forget(thread: number): void {
    this.line.forget(thread);
    this.places.forget(thread);
    if (this.line.depth > 0) this.serve(new Set());
  }

  private queue(
    row: number,
    mayWait: boolean,
    exchange: Pick<Exchange, "onInterruption">,
  ): Place | Promise<Place> {
    const touched = new Set<number>();
    const entry = this.line.join(row, this.deps.thread, touched);
    this.serve(touched);
    if (entry === null) throw this.refuse(row, "in-flight");
    const state = mayWait ? this.line.look(entry) : this.line.leave(entry);
    if (state === "granted") return { row };
    if (state !== "waiting") throw this.refuse(row, "in-flight");
    return this.wait(entry, row, exchange);
  }

  private async wait(entry: number, row: number, exchange: Pick<Exchange, "onInterruption">): Promise<Place> {
    const { promise, resolve } = Promise.withResolvers<WaitEnd>();
    this.waits.set(entry, resolve);
    const giveUp = (why: WaitEnd) => {
      // The exchange goes on telling after the wait; the entry may be another request's by then.
      if (this.waits.get(entry) !== resolve) return;
      this.waits.delete(entry);
      const state = this.line.leave(entry);
      // Granted at the last moment: the place is this request's, which settles it if it goes no further.
      resolve(state === "left" ? why : state);
    };
    const timer = setTimeout(() => giveUp("too-long"), this.deps.limits.waitMs);
    exchange.onInterruption(giveUp);
    this.listen();
    const end = await promise;
    clearTimeout(timer);
    if (end === "granted") return { row };
    if (end === "too-long" || end === "displaced") throw this.refuse(row, "in-flight");
    throw new PerpetuoError(end === "server-stopping" ? "server_shutdown" : "client_closed_request", {
      internal: interruptionMessage(end),
    });
  }

  private isFull(row: number): boolean {
    if (this.places.taken(row) >= this.deps.limits.workspace) return true;
    return this.places.taken(processRow) >= this.mostFor(row);
  }

  /** How many places may be taken with the row's next one. */
  private mostFor(row: number): number {
    const { limits, tick } = this.deps;
    const unreserved = limits.process - Math.floor(limits.process * reservedShare);
    if (this.places.taken(processRow) < unreserved) return limits.process;
    const isAlone = this.places.sinceMixed(tick()) > togetherMs;
    return isAlone || this.isBelowShare(row, 2) ? limits.process : unreserved;
  }

  /** `atLeast` workspaces share the places, even if not all of them hold one now. */
  private isBelowShare(row: number, atLeast: number): boolean {
    const { limits } = this.deps;
    const taken = this.places.taken(row);
    const active = this.places.activeWorkspaces + (taken === 0 ? 1 : 0);
    return taken < Math.min(limits.workspace, limits.process / Math.max(active, atLeast));
  }

  private take(row: number, thread: number): "taken" | "full" {
    const { limits } = this.deps;
    if (this.places.claim(processRow, this.mostFor(row), thread) === "full") return "full";
    if (this.places.claim(row, limits.workspace, thread) === "taken") return "taken";
    this.places.release(processRow, thread);
    return "full";
  }

  private serve(touched: Set<number>): void {
    this.line.serve((row, thread) => this.take(row, thread), touched);
    for (const thread of touched) {
      if (thread === this.deps.thread) continue;
      Atomics.add(this.news, thread, 1);
      Atomics.notify(this.news, thread);
    }
    if (touched.has(this.deps.thread)) this.endWaits();
  }

  /** Ends the waits of this thread that are over. */
  private endWaits(): void {
    for (const [entry, end] of this.waits) {
      const state = this.line.look(entry);
      if (state === "waiting") continue;
      this.waits.delete(entry);
      end(state);
    }
  }

  /** Hears of places that other threads give back, for as long as a request of this one waits. */
  private listen(): void {
    if (this.isListening) return;
    const { thread, limits } = this.deps;
    const seen = Atomics.load(this.news, thread);
    this.endWaits();
    if (this.waits.size === 0) return;
    const wait = Atomics.waitAsync(this.news, thread, seen, limits.waitMs);
    // News since it was last looked at: there may be more.
    if (!wait.async) {
      this.listen();
      return;
    }
    this.isListening = true;
    void wait.value.then(() => {
      this.isListening = false;
      this.listen();
    });
  }

  /** Below its even share always; beyond it unless it has been refused a moment ago. */
  private mayWait(row: number): boolean {
    return this.isBelowShare(row, 1) || this.places.sinceRefusal(row, this.deps.tick()) > impatientMs;
  }

  private refuse(row: number, reason: ShedReason): PerpetuoError {
    const { limits, tick, onShed } = this.deps;
    const isOwn = limits.workspace < limits.process && this.places.taken(row) >= limits.workspace;
    const shown = reason === "in-flight" && isOwn ? "workspace" : reason;
    this.places.noteRefusal(row, tick());
    onShed(shown);
    return new PerpetuoError("overloaded", { internal: shedMessages[shown], retryAfterSeconds: 1 });
  }
}

const shedMessages: Record<ShedReason, string> = {
  "in-flight": "the process has as many requests in flight as it may",
  workspace: "the workspace has as many requests in flight as it may",
  "event-loop": "the thread is late",
  memory: "the process is short of memory",
};
