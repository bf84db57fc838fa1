import { describe, expect, it } from "vitest";
import { BenchError } from "./bench-error.ts";
import { readConfig } from "./config.ts";

describe("readConfig", () => {
  it("--quick --write · fewer and shorter runs, and the document", () => {
    const [full, quick] = [readConfig([], {}), readConfig(["--quick", "--write"], {})];
    if (full.kind !== "run" || quick.kind !== "run") throw new Error("expected runs");
    expect(full.config.write).toBe(false);
    expect(quick.config.write).toBe(true);
    expect(quick.config.plan.runs).toBeGreaterThanOrEqual(3);
    expect(quick.config.plan.runs).toBeLessThanOrEqual(full.config.plan.runs);
    expect(quick.config.plan.runSeconds).toBeLessThan(full.config.plan.runSeconds);
  });

  it("environment · nothing of the shell's settings reaches what is measured", () => {
    const read = readConfig([], { PATH: "/bin", DATABASE_URL: "postgres://h/d", PERPETUO_THREADS: "9" });
    if (read.kind !== "run") throw new Error("expected a run");
    expect(read.config.environment).toEqual({ PATH: "/bin:/usr/local/sbin:/usr/sbin:/sbin" });
  });

  it("unknown option · refused with the options that exist", () => {
    expect(() => readConfig(["--fast"], {})).toThrow(BenchError);
    expect(() => readConfig(["--fast"], {})).toThrow("--quick");
  });
});
