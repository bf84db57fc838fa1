import { expect, test } from "vitest";
import { createDownloadGate } from "./download-gate.ts";

test("downloads.enter · refuses what is too much for a workspace or for all, until a place is given back", () => {
  const gate = createDownloadGate({ total: 3, perWorkspace: 2 });
  const refusal = expect.objectContaining({ code: "rate_limit_exceeded" });
  const leave = gate.enter("a");
  gate.enter("a");
  expect(() => gate.enter("a")).toThrow(refusal);
  gate.enter("b");
  expect(() => gate.enter("c")).toThrow(refusal);
  leave();
  leave();
  gate.enter("c");
  expect(() => gate.enter("a")).toThrow(refusal);
});
