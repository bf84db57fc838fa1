import { describe, expect, it } from "vitest";
import { parseCoreStat, parseProcessStat } from "./proc-stat.ts";
import { listDescendants, microsecondsPerTick, readProcessTicks } from "./processes.ts";

const fields =
  "S 4000 4242 4242 0 -1 4194560 9011 77 0 0 1234 567 89 10 20 0 12 0 368861 1200000000 25000 18446744073709551615";

describe("parseProcessStat", () => {
  it("own and children's time · user and kernel together", () => {
    const expected = { parent: 4_000, ticks: 1_234 + 567, childTicks: 89 + 10 };
    expect(parseProcessStat(`4242 (node) ${fields}`)).toEqual(expected);
  });

  it("a name with spaces and parentheses · the fields still stand where they belong", () => {
    expect(parseProcessStat(`4242 (nginx: (a) worker) ${fields}`).ticks).toBe(1_801);
  });

  it("a line cut short · an error that names the field", () => {
    expect(() => parseProcessStat("4242 (node) S 4000")).toThrow("Field 14");
  });
});

describe("parseCoreStat", () => {
  const stat = `cpu  300 30 120 9000 12 6 9 45
cpu1 100 10 40 3000 4 2 3 15
cpu10 200 20 80 6000 8 4 6 30
intr 12345
`;

  it("time in processes and time stolen · without waiting and interrupts", () => {
    expect(parseCoreStat(stat, 1)).toEqual({ inProcesses: 150, stolen: 15 });
    expect(parseCoreStat(stat, 10)).toEqual({ inProcesses: 300, stolen: 30 });
  });

  it("a core that is not there · an error", () => {
    expect(() => parseCoreStat(stat, 0)).toThrow("no core 0");
  });
});

describe.runIf(process.platform === "linux")("the running machine", () => {
  it("this process · is among its parent's descendants and has used CPU", () => {
    expect(listDescendants(process.ppid)).toContain(process.pid);
    expect(readProcessTicks(process.pid)).toBeGreaterThan(0);
    expect(microsecondsPerTick()).toBeGreaterThan(0);
  });
});
