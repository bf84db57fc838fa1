import { expect, test } from "vitest";
import { limitConcurrency } from "./limit-concurrency.ts";

test("limitConcurrency · runs a few at a time, in order, and refuses what would wait too long", async () => {
  const run = limitConcurrency({ running: 2, waiting: 1 });
  const started: string[] = [];
  const gates = new Map<string, (value: string) => void>();
  const work = (name: string) =>
    run(() => {
      started.push(name);
      return new Promise<string>((resolve) => gates.set(name, resolve));
    });
  const [first, second, third] = [work("first"), work("second"), work("third")];
  await expect(work("fourth")).rejects.toMatchObject({ code: "rate_limit_exceeded", retryAfterSeconds: 1 });
  expect(started).toEqual(["first", "second"]);
  gates.get("second")?.("done");
  expect(await second).toBe("done");
  await expect.poll(() => started).toEqual(["first", "second", "third"]);
  gates.get("first")?.("done");
  gates.get("third")?.("done");
  expect(await Promise.all([first, third])).toEqual(["done", "done"]);
});

test("limitConcurrency · work that fails gives its place back", async () => {
  const run = limitConcurrency({ running: 1, waiting: 0 });
  await expect(run(() => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
  expect(await run(() => Promise.resolve("fine"))).toBe("fine");
});
