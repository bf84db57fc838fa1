import { expect, it } from "vitest";
import { parseResident, watchResident } from "./memory.ts";

it("parseResident · bytes", () => {
  expect(parseResident("VmPeak:\t  900 kB\nVmRSS:\t     123 kB\nThreads:\t1\n")).toBe(123 * 1_024);
  expect(() => parseResident("Threads:\t1\n")).toThrow("no VmRSS");
});

it.runIf(process.platform === "linux")("watchResident · a process of some megabytes", () => {
  expect(watchResident(process.pid).stop()).toBeGreaterThan(2 ** 20);
});
