import type { ApiKeyIdentity, WorkspaceConfig } from "@perpetuo/contracts/gateway-config";
import { describe, expect, test } from "vitest";
import { KeyCache } from "./key-cache.ts";
import { configOf, identityOf } from "./request.test-fixture.ts";

const minute = 60_000;

function setUp() {
  const world = {
    now: 1_000_000,
    asked: [] as string[],
    identity: identityOf() as ApiKeyIdentity | null,
    config: configOf() as WorkspaceConfig | null,
    away: false,
  };
  const answer = <TValue>(asked: string, value: () => TValue) => {
    world.asked.push(asked);
    return world.away ? Promise.reject(new Error("away")) : Promise.resolve(value());
  };
  const cache = new KeyCache({
    findApiKey: (hash) => answer(`key ${hash}`, () => world.identity),
    loadWorkspaceConfig: (id) => answer(`config ${id}`, () => world.config),
    now: () => world.now,
    random: () => 0.5,
  });
  cache.channelRestored();
  return { world, cache };
}

describe("find", () => {
  test("the first time · key, then config; then at once from memory", async () => {
    const { world, cache } = setUp();
    expect(cache.isWarm).toBe(false);
    expect(await cache.find("h")).toMatchObject({
      identity: { api_key_id: "key-1" },
      config: { version: 4 },
    });
    expect(world.asked).toEqual(["key h", "config workspace-1"]);
    expect(cache.find("h")).not.toBeInstanceOf(Promise);
    expect(cache.isWarm).toBe(true);
    expect(cache.counts).toEqual({ hits: 1, misses: 1, stale: 0 });
  });

  test("two keys of one workspace · share its config", async () => {
    const { world, cache } = setUp();
    await Promise.all([cache.find("a"), cache.find("b")]);
    expect(world.asked.filter((asked) => asked.startsWith("config"))).toHaveLength(1);
  });

  test("an unknown key · null, and no config is asked for", async () => {
    const { world, cache } = setUp();
    world.identity = null;
    expect(await cache.find("h")).toBeNull();
    expect(cache.find("h")).toBeNull();
    expect(world.asked).toEqual(["key h"]);
  });

  test("a workspace that is gone · null", async () => {
    const { world, cache } = setUp();
    world.config = null;
    expect(await cache.find("h")).toBeNull();
  });

  test("the database away · a cached caller for 15 minutes, a new one not at all", async () => {
    const { world, cache } = setUp();
    await cache.find("h");
    world.away = true;
    cache.channelLost();
    world.now += 14 * minute;
    expect(await cache.find("h")).toMatchObject({ identity: {} });
    await expect(cache.find("new")).rejects.toThrow("away");
    world.now += minute;
    await expect(cache.find("h")).rejects.toThrow("away");
  });
});

describe("apply", () => {
  test("api_key · that key alone is read again", async () => {
    const { world, cache } = setUp();
    await Promise.all([cache.find("a"), cache.find("b")]);
    world.asked = [];
    cache.apply({ kind: "api_key", key_hash: "a" });
    world.identity = null;
    expect(await cache.find("a")).toBeNull();
    expect(cache.find("b")).not.toBeNull();
    expect(world.asked).toEqual(["key a"]);
  });

  test("workspace · its config alone is read again", async () => {
    const { world, cache } = setUp();
    await cache.find("a");
    world.asked = [];
    cache.apply({ kind: "workspace", workspace_id: "another" });
    expect(cache.find("a")).not.toBeInstanceOf(Promise);
    cache.apply({ kind: "workspace", workspace_id: "workspace-1" });
    world.config = configOf({ config_version: 5 });
    expect(await cache.find("a")).toMatchObject({ config: { version: 5 } });
    expect(world.asked).toEqual(["config workspace-1"]);
  });

  test("catalogue · every config is read again, no key", async () => {
    const { world, cache } = setUp();
    await cache.find("a");
    world.asked = [];
    cache.apply({ kind: "catalogue" });
    await cache.find("a");
    expect(world.asked).toEqual(["config workspace-1"]);
  });

  test("a channel that was away · everything is read again at its next use", async () => {
    const { world, cache } = setUp();
    await cache.find("a");
    cache.channelLost();
    world.now += 1;
    cache.channelRestored();
    world.asked = [];
    await cache.find("a");
    expect(world.asked).toEqual(["key a", "config workspace-1"]);
  });
});
