import { expect, it } from "vitest";
import { createStopGate } from "./stop-gate.ts";

it("stop gate · tells the first signal, impatient ones and the echoes of each apart", () => {
  let now = 5_000;
  const decide = createStopGate({ now: () => now, windowMs: 1_000 });
  const after = (milliseconds: number) => {
    now += milliseconds;
    return decide().kind;
  };
  expect([after(0), after(0), after(999), after(1), after(999), after(1), after(1_000)]).toEqual([
    "stop",
    "echo",
    "echo",
    "hurry",
    "echo",
    "exit",
    "exit",
  ]);
});
