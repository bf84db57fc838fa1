import { createLogger } from "@perpetuo/runtime/logger";
import { expect, test } from "vitest";
import type { Generation } from "./generation.ts";
import { bringUp } from "./rolling-restart.ts";

/** A generation that does what the test says. */
function generation() {
  const prepared = Promise.withResolvers<void>();
  const listening = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const told: string[] = [];
  const fake = {
    prepared: prepared.promise,
    listening: listening.promise,
    ended: ended.promise,
    how: null as string | null,
    waitsFor: "the database does not answer",
    tell: ({ kind }: { kind: string }) => told.push(kind),
  };
  const die = () => {
    fake.how = "SIGKILL";
    const error = new Error("its process ended (SIGKILL)");
    prepared.reject(error);
    listening.reject(error);
    ended.resolve();
  };
  for (const promise of [fake.prepared, fake.listening]) promise.catch(() => undefined);
  return { fake: fake as unknown as Generation, prepared, listening, told, die };
}

function restart(options: { readyTimeoutMs?: number; handOver?: () => Promise<void> } = {}) {
  const next = generation();
  const old = generation();
  const steps: string[] = [];
  const outcome = bringUp(next.fake, old.fake, {
    logger: createLogger({ service: "test", level: "silent" }),
    handOver: options.handOver ?? (async () => void steps.push("handed over")),
    readyTimeoutMs: options.readyTimeoutMs ?? 60_000,
  });
  return { next, old, steps, outcome };
}

test("the new generation becomes ready · takes over, then listens", async () => {
  const { next, old, steps, outcome } = restart();
  next.prepared.resolve();
  next.listening.resolve();
  expect(await outcome).toEqual({ kind: "replaced" });
  expect([steps, next.told, old.told]).toEqual([["handed over"], ["listen"], []]);
});

test("the new generation is not ready in time · the old one is kept, and the reason says what was missing", async () => {
  const { next, steps, outcome } = restart({ readyTimeoutMs: 1 });
  expect(await outcome).toEqual({
    kind: "kept",
    reason: "it was not ready within 1 ms: the database does not answer",
  });
  expect([steps, next.told]).toEqual([[], []]);
});

test("the new generation dies before it is ready · the old one is kept", async () => {
  const { next, outcome } = restart();
  next.die();
  expect(await outcome).toEqual({ kind: "kept", reason: "its process ended (SIGKILL)" });
});

test("the new generation dies while it takes over · the old one is kept", async () => {
  const { next, outcome } = restart({
    handOver: () => {
      next.die();
      return new Promise(() => undefined);
    },
  });
  next.prepared.resolve();
  expect(await outcome).toMatchObject({ kind: "kept" });
});

test("the old generation dies first · the new one listens without having taken over", async () => {
  const { next, old, steps, outcome } = restart();
  old.die();
  next.listening.resolve();
  expect(await outcome).toEqual({ kind: "replaced" });
  expect([steps, next.told]).toEqual([[], ["listen"]]);
});
