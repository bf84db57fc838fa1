import { Worker } from "node:worker_threads";
import { beforeEach, describe, expect, test } from "vitest";
import type { Interruption } from "../exchange.ts";
import {
  createEntranceBuffers,
  Entrance,
  type EntranceLimits,
  type Place,
  type ShedReason,
} from "./entrance.ts";
import { Pressure } from "./pressure.ts";

const busy = "01a20246-cf4a-72f0-931e-1aaaa2a56826";
const quiet = "01a20246-cf4a-72f0-931e-1aaaa2a56827";
const patient = { onInterruption: () => undefined };
/** Nobody waits this long in a test. */
const forever = 60_000;

let now: number;
beforeEach(() => {
  now = 1_000_000;
});

/** Threads of one process. Times are the test's but for the wait itself, which `waitMs` ends. */
function entrances(limits: Partial<EntranceLimits> & { process: number }, options = { queueLength: 8 }) {
  const buffers = createEntranceBuffers(2, options.queueLength);
  const shed: ShedReason[] = [];
  const all = { workspace: limits.process, waitMs: forever, ...limits };
  const entranceOf = (thread: number) =>
    new Entrance(buffers, {
      thread,
      threads: 2,
      limits: all,
      tick: () => now,
      onShed: (reason) => shed.push(reason),
    });
  return { buffers, shed, first: entranceOf(0), second: entranceOf(1) };
}

/** Fails when the request would have to wait. */
function enterNow(entrance: Entrance, workspaceId = busy): Place {
  const place = entrance.enter(workspaceId, patient);
  if (place instanceof Promise) throw new Error("the request waits");
  return place;
}

const overloaded = expect.objectContaining({ code: "overloaded", retryAfterSeconds: 1 });

describe("places", () => {
  test("four threads, more requests than places · never more in flight than places, and all get in", async () => {
    const [threads, requests, most] = [4, 400, 7];
    const buffers = createEntranceBuffers(threads, threads * requests);
    const highest = await Promise.all(
      Array.from({ length: threads }, (_, thread) => {
        const workerData = { buffers, thread, threads, requests, most, workspaceId: busy };
        const worker = new Worker(new URL("./entrance.test-thread.ts", import.meta.url), { workerData });
        return new Promise<number>((resolve, reject) => worker.on("message", resolve).on("error", reject));
      }),
    );
    expect(Math.max(...highest)).toBeLessThanOrEqual(most);
    const { first } = entrances({ process: most });
    expect(first.counts).toEqual({ taken: 0, waiting: 0 });
  });

  test("the process's last place · is given once, whichever thread is asked", async () => {
    const { first, second, shed } = entrances({ process: 2, waitMs: 1 });
    enterNow(first);
    enterNow(second);
    await expect(second.enter(busy, patient)).rejects.toEqual(overloaded);
    expect(shed).toEqual(["in-flight"]);
  });

  test("a workspace at its own limit · is refused, others are let in", async () => {
    const { first, shed } = entrances({ process: 10, workspace: 1, waitMs: 1 });
    enterNow(first, busy);
    await expect(first.enter(busy, patient)).rejects.toEqual(overloaded);
    expect(() => first.enter(busy, patient)).toThrow(overloaded);
    enterNow(first, quiet);
    expect(shed).toEqual(["workspace", "workspace"]);
  });

  test("a thread that is gone · what it held and waited for is free again", async () => {
    const { first, second } = entrances({ process: 1 });
    enterNow(first);
    const waiting = second.enter(busy, patient);
    first.forget(0);
    await expect(waiting).resolves.toMatchObject({ row: expect.any(Number) });
    second.forget(1);
    expect(second.counts).toEqual({ taken: 0, waiting: 0 });
  });
});

describe("waiting", () => {
  test("a place given back by another thread · goes to who waits", async () => {
    const { first, second } = entrances({ process: 1 });
    const place = enterNow(first);
    const waiting = second.enter(busy, patient);
    expect(second.counts).toEqual({ taken: 1, waiting: 1 });
    first.leave(place);
    second.leave(await waiting);
    expect(first.counts).toEqual({ taken: 0, waiting: 0 });
  });

  test("the client leaves · so does its place in the line", async () => {
    const { first } = entrances({ process: 1 });
    enterNow(first);
    let leave: (reason: Interruption) => void = () => undefined;
    const waiting = first.enter(busy, {
      onInterruption: (listener) => {
        leave = listener;
      },
    });
    leave("client-gone");
    await expect(waiting).rejects.toMatchObject({ code: "client_closed_request" });
    expect(first.counts.waiting).toBe(0);
  });

  test("a client leaves after its wait · who waits where it has waited is left alone", async () => {
    const { first } = entrances({ process: 1 });
    let leave: (reason: Interruption) => void = () => undefined;
    const held = enterNow(first);
    const early = first.enter(busy, {
      onInterruption: (listener) => {
        leave = listener;
      },
    });
    first.leave(held);
    const place = await early;
    const late = first.enter(busy, patient);
    leave("client-gone");
    expect(first.counts).toEqual({ taken: 1, waiting: 1 });
    first.leave(place);
    first.leave(await late);
    expect(first.counts).toEqual({ taken: 0, waiting: 0 });
  });

  test("refused all the time · refused at once, until it has not been for a while", async () => {
    const { first, shed } = entrances({ process: 1, waitMs: 1 });
    enterNow(first);
    await expect(first.enter(busy, patient)).rejects.toEqual(overloaded);
    expect(() => first.enter(busy, patient)).toThrow(overloaded);
    now += 2_000;
    await expect(first.enter(busy, patient)).rejects.toEqual(overloaded);
    expect(shed).toHaveLength(3);
  });

  test("beside a noisy workspace · one with less than its even share waits, and gets the next place", async () => {
    const { first, second } = entrances({ process: 4 });
    const held = Array.from({ length: 4 }, () => enterNow(first, busy));
    const queued = [first.enter(busy, patient), first.enter(busy, patient)];
    const waiting = second.enter(quiet, patient);
    for (const place of held.slice(0, 1)) first.leave(place);
    await waiting;
    expect(first.counts).toEqual({ taken: 4, waiting: 2 });
    for (const place of held.slice(1)) first.leave(place);
    await Promise.all(queued.map(async (place) => place));
  });

  test("a noisy workspace fills the line · one that has nothing there gets in all the same", async () => {
    const { first, shed } = entrances({ process: 1 }, { queueLength: 2 });
    const place = enterNow(first, busy);
    const older = first.enter(busy, patient);
    const newer = first.enter(busy, patient);
    const waiting = first.enter(quiet, patient);
    await expect(newer).rejects.toEqual(overloaded);
    first.leave(place);
    first.leave(await older);
    await waiting;
    expect(shed).toEqual(["in-flight"]);
  });
});

describe("the reserve", () => {
  test("several workspaces · the last tenth is for those that hold less than their share", () => {
    const { first, shed } = entrances({ process: 20 }, { queueLength: 0 });
    for (let taken = 0; taken < 10; taken++) enterNow(first, busy);
    first.leave(enterNow(first, quiet));
    for (let taken = 10; taken < 18; taken++) enterNow(first, busy);
    expect(() => first.enter(busy, patient)).toThrow(overloaded);
    enterNow(first, quiet);
    enterNow(first, quiet);
    expect(first.counts.taken).toBe(20);
    expect(shed).toEqual(["in-flight"]);
  });

  test("a workspace alone, or alone again · has all places", () => {
    const { first } = entrances({ process: 20 }, { queueLength: 0 });
    first.leave(enterNow(first, busy));
    first.leave(enterNow(first, quiet));
    now += 11_000;
    for (let taken = 0; taken < 20; taken++) enterNow(first, quiet);
    expect(first.counts.taken).toBe(20);
  });
});

describe("pressure", () => {
  test("a late thread · takes on nothing beyond what it may hold; the other one does", () => {
    const { buffers, first, second, shed } = entrances({ process: 10 });
    const pressure = new Pressure(buffers.pressure);
    enterNow(first);
    pressure.limit(0, 2, "event-loop");
    enterNow(first);
    expect(() => first.enter(busy, patient)).toThrow(overloaded);
    enterNow(second);
    pressure.lift(0);
    enterNow(first);
    expect(shed).toEqual(["event-loop"]);
  });

  test("no memory · nothing is taken on", () => {
    const { buffers, first, shed } = entrances({ process: 10 });
    new Pressure(buffers.pressure).limit(0, 0, "memory");
    expect(() => first.enter(busy, patient)).toThrow(overloaded);
    expect(shed).toEqual(["memory"]);
  });
});
