import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { startTestRedis } from "@perpetuo/runtime/test-redis";
import { describe, it } from "vitest";
import { report } from "../../harness/figures.ts";
import { type Stack, startStack } from "../../harness/stack.ts";
import { checkClockJumps, clockEnvironment } from "./clock-jumps.ts";
import { checkPowerCut, checkRefusingDisk } from "./disk-faults.ts";
import { whyNoMount } from "./mounted-spool.ts";
import { checkRedisAway } from "./redis-faults.ts";

const noMount = await whyNoMount();
if (noMount !== null) report(noMount);

describe.skipIf(noMount !== null)("the disk below the spool", () => {
  it("full under load · refused before it costs, counted, and served again", async () => {
    await using stack: Stack = await startStack({ threads: 2 });
    await checkRefusingDisk(stack);
  });

  it("a power cut while PostgreSQL is away · what was written through is there after the start", async () => {
    await using stack: Stack = await startStack({ threads: 2, postgres: "own" });
    await checkPowerCut(stack);
  });
});

describe("Redis", () => {
  it.each(["fail-open", "fail-closed"] as const)(
    "hangs and crashes, %s · by the policy, without a wait",
    async (policy) => {
      await using redis = await startTestRedis();
      const environment = { REDIS_URL: redis.url, PERPETUO_QUOTA_POLICY: policy };
      await using stack = await startStack({ threads: 1, environment });
      await checkRedisAway(stack, redis, policy);
    },
  );
});

describe("the clock", () => {
  it("an hour ahead, an hour behind and back · durations and limits hold", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "perpetuo-clock-"));
    const file = path.join(folder, "offset");
    await writeFile(file, "0");
    try {
      await using stack = await startStack({ threads: 2, environment: clockEnvironment(file) });
      await checkClockJumps(stack, file);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
