import { expect, test } from "vitest";
import { quietTurn } from "./quiet-turn.ts";

test("turns that take long, then a short one · waits for the short one", async () => {
  const times = [0, 5, 10, 10.1, 20];
  await quietTurn(() => times.shift() ?? Number.NaN);
  expect(times).toEqual([20]);
});

test("turns that all take long · does not wait for ever", async () => {
  let time = 0;
  await quietTurn(() => {
    time += 5;
    return time;
  });
  expect(time).toBeGreaterThan(5);
});
