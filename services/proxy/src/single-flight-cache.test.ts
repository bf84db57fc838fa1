import { beforeEach, describe, expect, test } from "vitest";
import { type CacheOptions, SingleFlightCache } from "./single-flight-cache.ts";

type Load = { key: string; resolve: (value: string | null) => void; reject: (error: Error) => void };

const clock = { now: 0 };
let loads: Load[] = [];

function create(
  overrides: Partial<CacheOptions<string>> = {},
  channel = "restored",
): SingleFlightCache<string> {
  const cache = new SingleFlightCache<string>({
    load: (key) => new Promise((resolve, reject) => loads.push({ key, resolve, reject })),
    now: () => clock.now,
    // The jitter is 0.9 + 0.1 × random, so this gives entries their whole time but for a thousandth.
    random: () => 0.99,
    maxEntries: 3,
    ttlMs: 10_000,
    uncertainTtlMs: 1_000,
    negativeTtlMs: 500,
    maxStaleMs: 60_000,
    maxConcurrentLoads: 2,
    maxQueuedLoads: 2,
    ...overrides,
  });
  if (channel === "restored") cache.channelRestored();
  return cache;
}

/** Gets a key and answers its one load. */
async function fill(cache: SingleFlightCache<string>, key: string, value: string | null): Promise<void> {
  const got = cache.get(key);
  await Promise.resolve();
  loads.at(-1)?.resolve(value);
  expect(await got).toBe(value);
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

beforeEach(() => {
  clock.now = 100_000;
  loads = [];
});

describe("get", () => {
  test("a miss · loads; a hit · answers at once", async () => {
    const cache = create();
    await fill(cache, "a", "1");
    expect(cache.get("a")).toBe("1");
    expect(loads).toHaveLength(1);
    expect(cache.counts).toEqual({ hits: 1, misses: 1, stale: 0 });
  });

  test("misses of one key at a time · share one load", async () => {
    const cache = create();
    const all = [1, 2, 3].map(async () => cache.get("a"));
    await settled();
    expect(loads).toHaveLength(1);
    loads[0]?.resolve("1");
    expect(await Promise.all(all)).toEqual(["1", "1", "1"]);
  });

  test("a failed load · every waiter hears it, and the next one tries again", async () => {
    const cache = create();
    const all = Promise.allSettled([cache.get("a"), cache.get("a")]);
    await settled();
    loads[0]?.reject(new Error("away"));
    expect((await all).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    await fill(cache, "a", "1");
  });

  test("an entry past its time · is loaded again", async () => {
    const cache = create();
    await fill(cache, "a", "1");
    clock.now += 9_989;
    expect(cache.get("a")).toBe("1");
    clock.now += 10;
    await fill(cache, "a", "2");
    expect(cache.get("a")).toBe("2");
  });

  test("beyond the bound · the least recently used is forgotten", async () => {
    const cache = create();
    for (const key of ["a", "b", "c"]) await fill(cache, key, key);
    expect(cache.get("a")).toBe("a");
    await fill(cache, "d", "d");
    expect(cache.size).toBe(3);
    expect(cache.get("a")).toBe("a");
    expect(cache.get("b")).toBeInstanceOf(Promise);
  });
});

describe("what is not there", () => {
  test("is remembered for its own, shorter time", async () => {
    const cache = create();
    await fill(cache, "x", null);
    clock.now += 499;
    expect(cache.get("x")).toBeNull();
    clock.now += 1;
    await fill(cache, "x", "now it is");
    expect(cache.get("x")).toBe("now it is");
  });

  test("a flood of it · pushes out nothing that is there, and stays bounded", async () => {
    const cache = create();
    await fill(cache, "a", "1");
    for (let index = 0; index < 20; index++) await fill(cache, `wrong-${index}`, null);
    expect(cache.get("a")).toBe("1");
    expect(cache.get("wrong-19")).toBeNull();
    expect(cache.get("wrong-0")).toBeInstanceOf(Promise);
  });

  test("an entry that vanished · is replaced, not kept beside", async () => {
    const cache = create();
    await fill(cache, "a", "1");
    clock.now += 20_000;
    await fill(cache, "a", null);
    expect(cache.get("a")).toBeNull();
    expect(cache.size).toBe(0);
  });
});

describe("invalidate", () => {
  test("a known key · is loaded again; another one stays", async () => {
    const cache = create();
    await fill(cache, "a", "1");
    await fill(cache, "b", "2");
    cache.invalidate("a");
    expect(cache.get("b")).toBe("2");
    await fill(cache, "a", "3");
  });

  test("a missing key · is loaded again", async () => {
    const cache = create();
    await fill(cache, "a", null);
    cache.invalidate("a");
    await fill(cache, "a", "made");
  });

  test("during a load · its word is not taken, also for those who waited already", async () => {
    const cache = create();
    const got = cache.get("a");
    await settled();
    cache.invalidate("a");
    loads[0]?.resolve("before");
    await settled();
    expect(loads).toHaveLength(2);
    loads[1]?.resolve("after");
    expect(await got).toBe("after");
    expect(cache.get("a")).toBe("after");
  });

  test("clear · everything, also what is being loaded", async () => {
    const cache = create();
    await fill(cache, "a", "1");
    const got = cache.get("b");
    await settled();
    cache.clear();
    loads.at(-1)?.resolve("before");
    await settled();
    loads.at(-1)?.resolve("after");
    expect(await got).toBe("after");
    expect(cache.get("a")).toBeInstanceOf(Promise);
  });
});

describe("the invalidation channel", () => {
  test("lost · known entries live on for the short time only", async () => {
    const cache = create();
    await fill(cache, "a", "1");
    clock.now += 5_000;
    cache.channelLost();
    clock.now += 900;
    expect(cache.get("a")).toBe("1");
    clock.now += 100;
    expect(cache.get("a")).toBeInstanceOf(Promise);
  });

  test("lost twice · the short time runs from the first loss", async () => {
    const cache = create();
    await fill(cache, "a", "1");
    cache.channelLost();
    clock.now += 900;
    cache.channelLost();
    clock.now += 200;
    expect(cache.get("a")).toBeInstanceOf(Promise);
  });

  test("restored · every entry is verified at its next use", async () => {
    const cache = create();
    await fill(cache, "a", "1");
    await fill(cache, "x", null);
    cache.channelLost();
    clock.now += 10;
    cache.channelRestored();
    await fill(cache, "a", "2");
    await fill(cache, "x", "3");
  });

  test.each(["channelLost", "channelRestored"] as const)(
    "%s during a load · it is done again",
    async (event) => {
      const cache = create();
      const got = cache.get("a");
      await settled();
      cache[event]();
      loads[0]?.resolve("before");
      await settled();
      loads[1]?.resolve("after");
      expect(await got).toBe("after");
    },
  );

  test("never heard of · entries live for the short time", async () => {
    const cache = create({ load: async () => "1", random: () => 0 }, "never restored");
    await cache.get("a");
    clock.now += 899;
    expect(cache.get("a")).toBe("1");
    clock.now += 1;
    expect(cache.get("a")).toBeInstanceOf(Promise);
  });
});

describe("the database away", () => {
  async function failed(cache: SingleFlightCache<string>, key: string): Promise<string | null> {
    const got = cache.get(key);
    await settled();
    loads.at(-1)?.reject(new Error("away"));
    return got;
  }

  test("a known value · goes on being served, and is not asked for at every request", async () => {
    const cache = create();
    await fill(cache, "a", "1");
    clock.now += 20_000;
    expect(await failed(cache, "a")).toBe("1");
    expect(cache.get("a")).toBe("1");
    clock.now += 1_999;
    expect(cache.get("a")).toBe("1");
    expect(loads).toHaveLength(2);
    clock.now += 1;
    expect(await failed(cache, "a")).toBe("1");
    expect(loads).toHaveLength(3);
    expect(cache.counts.stale).toBe(4);
  });

  test("for too long · nobody can say any more", async () => {
    const cache = create();
    await fill(cache, "a", "1");
    clock.now += 59_999;
    expect(await failed(cache, "a")).toBe("1");
    clock.now += 1;
    await expect(failed(cache, "a")).rejects.toThrow("away");
  });

  test("back · the new value is taken", async () => {
    const cache = create();
    await fill(cache, "a", "1");
    clock.now += 20_000;
    await failed(cache, "a");
    clock.now += 2_000;
    await fill(cache, "a", "2");
    expect(cache.get("a")).toBe("2");
  });
});

describe("many misses", () => {
  test("as many loads at once as there are places; the rest wait in order", async () => {
    const cache = create();
    const all = Promise.allSettled(["a", "b", "c", "d"].map(async (key) => cache.get(key)));
    await settled();
    expect(loads.map(({ key }) => key)).toEqual(["a", "b"]);
    loads[1]?.resolve("B");
    await settled();
    expect(loads.map(({ key }) => key)).toEqual(["a", "b", "c"]);
    loads[0]?.reject(new Error("away"));
    loads[2]?.resolve("C");
    await settled();
    loads[3]?.resolve("D");
    expect((await all).map(({ status }) => status)).toEqual([
      "rejected",
      "fulfilled",
      "fulfilled",
      "fulfilled",
    ]);
  });

  test("more than may wait · fail at once, and places are not lost", async () => {
    const cache = create();
    const all = ["a", "b", "c", "d"].map(async (key) => cache.get(key));
    await expect(cache.get("e")).rejects.toThrow("too many look-ups");
    for (let index = 0; index < 4; index++) {
      await settled();
      loads[index]?.resolve(loads[index]?.key ?? null);
    }
    expect(await Promise.all(all)).toEqual(["a", "b", "c", "d"]);
    await fill(cache, "e", "E");
  });
});
