import { beatMs } from "./heartbeats.ts";

export type LoopLimits = {
  /** The p99 of a second's delays beyond which the thread is late, in milliseconds. */
  maxDelayMs: number;
  /** Milliseconds of silence after which it is given up. */
  stuckMs: number;
};

/** What a look at a thread's heartbeat brings to light. `limit` lets it hold `most` requests, null any number. */
export type LoopEvent =
  | { kind: "blocked" }
  | { kind: "recovered"; afterMs: number }
  | { kind: "stuck" }
  | { kind: "limit"; most: number | null };

/** Silence after which a thread counts as blocked: its requests feel it, and so does the load balancer. */
const blockedMs = 1_000;
/** A look that comes later than this says more of the observer than of the thread. */
const longestGapMs = 10 * beatMs;
const looksPerSecond = 1_000 / beatMs;
/** One second alone is what a burst of new streams does, or a neighbour on the same machine. */
const lateSeconds = 3;
const lowering = 0.8;
const raising = 1.25;
/** Far above what a thread can hold: a limit raised so far has done its work. */
const enough = 100_000;
/** With fewer requests than this, refusing others does not make a thread faster. */
const fewest = 32;

/**
 * Judges one thread by its heartbeat, seen from another thread. While it is late for seconds on end, the number of
 * requests that it may hold is lowered from what it held, second by second, and raised again when it is in time.
 */
export class LoopWatch {
  /** The p99 of the last full second, in milliseconds. */
  p99Ms = 0;
  private readonly limits: LoopLimits;
  private readonly delays: number[] = [];
  private beats: number;
  private silentMs = 0;
  private state: "beating" | "blocked" | "stuck" = "beating";
  private late = 0;
  private most: number | null = null;
  private highestHeld = 0;

  constructor(limits: LoopLimits, beats: number) {
    this.limits = limits;
    this.beats = beats;
  }

  get isBlocked(): boolean {
    return this.state !== "beating";
  }

  get isStuck(): boolean {
    return this.state === "stuck";
  }

  /** `gapMs` is the time since the look before; `held` the requests that the thread holds now. */
  look({ beats, gapMs, held }: { beats: number; gapMs: number; held: number }): LoopEvent[] {
    const events: LoopEvent[] = [];
    const before = this.silentMs;
    this.silentMs = beats === this.beats ? before + Math.min(gapMs, longestGapMs) : 0;
    this.beats = beats;
    this.highestHeld = Math.max(this.highestHeld, held);
    if (this.silentMs === 0 && this.state !== "beating") {
      this.state = "beating";
      events.push({ kind: "recovered", afterMs: before });
    } else if (this.silentMs >= this.limits.stuckMs && this.state !== "stuck") {
      if (this.state === "beating") events.push({ kind: "blocked" });
      this.state = "stuck";
      events.push({ kind: "stuck" });
    } else if (this.silentMs >= blockedMs && this.state === "beating") {
      this.state = "blocked";
      events.push({ kind: "blocked" });
    }
    this.delays.push(Math.max(0, this.silentMs - beatMs));
    if (this.delays.length >= looksPerSecond) events.push(...this.endSecond());
    return events;
  }

  private endSecond(): LoopEvent[] {
    this.delays.sort((left, right) => left - right);
    this.p99Ms = this.delays[Math.ceil(this.delays.length * 0.99) - 1] ?? 0;
    this.delays.length = 0;
    const held = this.highestHeld;
    this.highestHeld = 0;
    if (this.p99Ms > this.limits.maxDelayMs) {
      this.late++;
      return this.late < lateSeconds ? [] : this.lower(held);
    }
    this.late = 0;
    return this.raise();
  }

  private lower(held: number): LoopEvent[] {
    const from = Math.min(this.most ?? held, held);
    this.most = Math.max(fewest, Math.floor(from * lowering));
    return [{ kind: "limit", most: this.most }];
  }

  private raise(): LoopEvent[] {
    if (this.most === null) return [];
    const raised = Math.ceil(this.most * raising);
    this.most = raised > enough ? null : raised;
    return [{ kind: "limit", most: this.most }];
  }
}
