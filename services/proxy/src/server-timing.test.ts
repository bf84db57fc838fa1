import { describe, expect, test } from "vitest";
import { receiptOf } from "./request.test-fixture.ts";
import { overheadTiming, serverTiming } from "./server-timing.ts";

describe("serverTiming", () => {
  test("a request refused at once · nothing but the gateway's own time so far", () => {
    expect(serverTiming(receiptOf(), 0.25)).toBe("overhead;dur=0.250");
  });

  test("every phase reached · each with its duration, in the order of the phases", () => {
    const receipt = receiptOf();
    receipt.phases = { authMs: 0.0214, admitMs: 0.1, planMs: 0, ttfbMs: 1_204.5 };
    receipt.gatewayMs = 0.125;
    receipt.workingSince = 1_300;
    expect(serverTiming(receipt, 1_300.002)).toBe(
      "auth;dur=0.021, admit;dur=0.100, plan;dur=0.000, ttfb;dur=1204.500, overhead;dur=0.127",
    );
  });

  test("a stream's head · the time that others took is not the gateway's", () => {
    const receipt = receiptOf();
    receipt.gatewayMs = 0.04;
    receipt.workingSince = null;
    expect(serverTiming(receipt, 5_000)).toBe("overhead;dur=0.040");
  });
});

test.each([
  [0, "0.000"],
  [0.0004, "0.000"],
  [0.009, "0.009"],
  [0.0999, "0.100"],
  [1.01, "1.010"],
  [999.9996, "1000.000"],
  [-0.001, "0.000"],
])("%d ms · is written as %s", (milliseconds, text) => {
  expect(overheadTiming(milliseconds)).toBe(`overhead;dur=${text}`);
});
