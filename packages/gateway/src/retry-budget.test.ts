import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  beginCall,
  endCall,
  mayForgetProviderKey,
  type ProviderKeyState,
  probeQuota,
  providerKeyCellCount,
  providerKeyCells,
  quotaBar,
  type RetryKind,
  returnRetry,
  takeRetry,
} from "./retry-budget.ts";

const start = 1_000_000;
const newState = (): ProviderKeyState => ({ cells: new Float64Array(providerKeyCellCount * 2), base: 0 });

/** Takes until nothing is granted; every retry is in vain. */
function takeAll(state: ProviderKeyState, kind: RetryKind): number {
  let granted = 0;
  while (takeRetry(state, kind, start) === "granted") {
    returnRetry(state, { kind, outcome: "in-vain" });
    granted++;
  }
  return granted;
}

describe("the bucket", () => {
  test.each(["fallback", "repeat"] as const)("%s in vain · thirty-five, then none", (kind) => {
    expect(takeAll(newState(), kind)).toBe(35);
  });

  test("fourteen successes · pay for one more", () => {
    const state = newState();
    takeAll(state, "fallback");
    const spare = 500 - 35 * 14;
    for (let success = 0; success < 13 - spare; success++) endCall(state, "success", start);
    expect(takeRetry(state, "fallback", start)).toBe("denied");
    endCall(state, "success", start);
    expect(takeRetry(state, "fallback", start)).toBe("granted");
  });

  test("a retry that helps or is not made · costs nothing", () => {
    const state = newState();
    for (let turn = 0; turn < 1_000; turn++) {
      expect(takeRetry(state, "fallback", start)).toBe("granted");
      returnRetry(state, { kind: "fallback", outcome: turn % 2 === 0 ? "helped" : "unused" });
    }
  });
});

describe("repeats at a time", () => {
  const fill = (inFlight: number) => {
    const state = newState();
    for (let call = 0; call < inFlight; call++) beginCall(state);
    let granted = 0;
    while (takeRetry(state, "repeat", start) === "granted") granted++;
    return { state, granted };
  };

  test.each([
    [0, 3],
    [15, 3],
    [20, 4],
    [100, 20],
  ])("%i in flight · %i", (inFlight, allowed) => {
    expect(fill(inFlight).granted).toBe(allowed);
  });

  test("none left · a fallback goes all the same, and an ended repeat makes room", () => {
    const { state } = fill(0);
    expect(takeRetry(state, "fallback", start)).toBe("granted");
    returnRetry(state, { kind: "repeat", outcome: "in-vain" });
    expect(takeRetry(state, "repeat", start)).toBe("granted");
  });

  test("repeats of a thread that is gone · are forgotten after an hour", () => {
    const { state } = fill(0);
    expect(takeRetry(state, "repeat", start + 3_600_000)).toBe("denied");
    expect(takeRetry(state, "repeat", start + 3_600_001)).toBe("granted");
  });
});

describe("a spent allowance", () => {
  test("bars for five minutes, but for one call in five seconds", () => {
    const state = newState();
    endCall(state, "quota-spent", start);
    expect(quotaBar(state, start + 299_999)).toBe(start + 300_000);
    expect(quotaBar(state, start + 300_000)).toBe(0);
    expect(probeQuota(state, start + 4_999)).toBe(start + 5_000);
    expect(probeQuota(state, start + 5_000)).toBe(0);
    expect(probeQuota(state, start + 5_000)).toBe(start + 10_000);
  });

  test("a success · ends it when it was called since, not when it was under way before", () => {
    const state = newState();
    endCall(state, "quota-spent", start);
    endCall(state, "success", start + 10);
    expect(quotaBar(state, start + 10)).toBe(start + 300_000);
    probeQuota(state, start + 5_000);
    endCall(state, "success", start + 5_010);
    expect(quotaBar(state, start + 5_010)).toBe(0);
  });
});

describe("any history", () => {
  test("retries in vain · never more than thirty-five and a fourteenth of the successes", () => {
    const kind = fc.constantFrom<RetryKind>("fallback", "repeat");
    const step = fc.oneof(fc.constant("success" as const), fc.constant("other" as const), kind);
    fc.assert(
      fc.property(fc.array(step, { maxLength: 600 }), (steps) => {
        const state = newState();
        let successes = 0;
        let inVain = 0;
        for (const each of steps) {
          if (each === "fallback" || each === "repeat") {
            if (takeRetry(state, each, start) === "denied") continue;
            returnRetry(state, { kind: each, outcome: "in-vain" });
            inVain++;
          } else {
            beginCall(state);
            endCall(state, each, start);
            if (each === "success") successes++;
          }
        }
        expect(inVain * 14).toBeLessThanOrEqual(500 + successes);
        expect(state.cells[providerKeyCells.inFlight]).toBe(0);
        expect(state.cells[providerKeyCells.repeats]).toBe(0);
        expect(state.cells.subarray(providerKeyCellCount).every((cell) => cell === 0)).toBe(true);
      }),
    );
  });

  test("forgotten · only when idle with a full bucket", () => {
    const state = newState();
    expect(mayForgetProviderKey(state, start)).toBe(true);
    beginCall(state);
    expect(mayForgetProviderKey(state, start)).toBe(false);
    endCall(state, "quota-spent", start);
    expect(mayForgetProviderKey(state, start)).toBe(false);
    expect(mayForgetProviderKey(state, start + 300_000)).toBe(true);
    takeRetry(state, "fallback", start);
    expect(mayForgetProviderKey(state, start + 300_000)).toBe(false);
  });
});
