import { expect, it } from "vitest";
import { createStopGate } from "./stop-gate.ts";

it("stop gate · tells the first signal, its echoes and an impatient second one apart", () => {
  let now = 5_000;
  const decide = createStopGate({ now: () => now, windowMs: 1_000 });
  const after = (milliseconds: number) => {
    now += milliseconds;
    return decide().kind;
  };
  expect([after(0), after(0), after(999), after(1), after(1)]).toEqual([
    "stop",
    "echo",
    "echo",
    "exit",
    "exit",
  ]);
});
