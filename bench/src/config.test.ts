import { describe, expect, it } from "vitest";
import { BenchError } from "./bench-error.ts";
import { type Config, parts, readConfig } from "./config.ts";

function read(words: string[], environment: NodeJS.ProcessEnv = {}): Config {
  const command = readConfig(words, environment);
  if (command.kind !== "run") throw new Error("expected a run");
  return command.config;
}

describe("readConfig", () => {
  it("nothing · everything", () => {
    expect(read([])).toMatchObject({ action: { kind: "measure", parts, baseline: "none" }, write: false });
  });

  it("--quick --write · the comparison alone, shorter, and the document", () => {
    const [full, quick] = [read([]), read(["--quick", "--write"])];
    if (full.action.kind !== "measure" || quick.action.kind !== "measure")
      throw new Error("expected measures");
    expect(quick.write).toBe(true);
    expect(quick.action.parts).toEqual([]);
    expect(quick.action.plan.runs).toBeGreaterThanOrEqual(3);
    expect(quick.action.plan.runSeconds).toBeLessThan(full.action.plan.runSeconds);
  });

  it.each([
    [["--compare"], { kind: "measure", plan: { name: "quick" }, baseline: "compare" }],
    [["--write-baseline"], { kind: "measure", plan: { name: "quick" }, baseline: "write" }],
    [["--parts", "streams,latency"], { kind: "measure", parts: ["latency", "streams"] }],
    [["--soak"], { kind: "soak", minutes: 30 }],
    [["--soak", "--write"], { kind: "soak", minutes: 30 }],
    [["--soak", "45m"], { kind: "soak", minutes: 45 }],
  ])("%j", (words, action) => {
    expect(read(words).action).toMatchObject(action);
  });

  it("environment · nothing of the shell's settings reaches what is measured", () => {
    const environment = { PATH: "/bin", DATABASE_URL: "postgres://h/d", PERPETUO_THREADS: "9" };
    expect(read([], environment).environment).toEqual({ PATH: "/bin:/usr/local/sbin:/usr/sbin:/sbin" });
  });

  it("k6 · from where go puts it, or by a variable", () => {
    expect(read([], { HOME: "/home/a" }).environment["PATH"]).toMatch(/:\/home\/a\/go\/bin$/);
    expect(read([], { GOPATH: "/go", HOME: "/home/a" }).environment["PATH"]).toMatch(/:\/go\/bin$/);
    expect(read([], { K6: "/opt/k6" }).k6).toBe("/opt/k6");
  });

  it.each([
    [["--fast"], "--quick"],
    [["--soak", "soon"], "takes minutes"],
    [["--parts", "latency,luck"], "no part luck"],
    [["--soak", "5m", "--compare"], "do not go together"],
    [["--mock-port", "x"], "takes a port"],
    [["--peer", "x"], "name=value"],
  ])("%j · refused with the options that exist", (words, reason) => {
    expect(() => readConfig(words, {})).toThrow(BenchError);
    expect(() => readConfig(words, {})).toThrow(reason);
    expect(() => readConfig(words, {})).toThrow("--peer-header");
  });
});
