import { expect, test } from "vitest";
import { SingleFlightCache } from "./single-flight-cache.ts";

type Load = { key: string; resolve: (value: string) => void; reject: (error: Error) => void };

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

test("a place that comes free late · who has waited two seconds is told so, who has just come enters", async () => {
  const clock = { now: 0 };
  const loads: Load[] = [];
  const cache = new SingleFlightCache<string>({
    load: (key) => new Promise((resolve, reject) => loads.push({ key, resolve, reject })),
    now: () => clock.now,
    random: () => 0,
    maxEntries: 3,
    ttlMs: 10_000,
    uncertainTtlMs: 1_000,
    negativeTtlMs: 500,
    maxStaleMs: 60_000,
    maxConcurrentLoads: 1,
    maxQueuedLoads: 2,
  });
  const get = async (key: string): Promise<string | null> => {
    try {
      return await cache.get(key);
    } catch (error) {
      return (error as Error).message;
    }
  };
  const first = [get("a"), get("b")];
  await settled();
  clock.now = 2_000;
  const last = get("c");
  loads[0]?.reject(new Error("the database hangs"));
  await settled();
  expect(loads.map(({ key }) => key)).toEqual(["a", "c"]);
  expect(await Promise.all(first)).toEqual([
    "the database hangs",
    "waited too long for a place among the look-ups",
  ]);
  loads[1]?.resolve("3");
  expect(await last).toBe("3");
  // The place is free again, once.
  const next = get("d");
  await settled();
  loads[2]?.resolve("4");
  expect(await next).toBe("4");
});
