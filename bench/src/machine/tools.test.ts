import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readVersion, surveyTools } from "./tools.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "perpetuo-bench-tools-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A program that prints a line and ends with a code; only shell builtins, because nothing else is in the path. */
function install(name: string, { says, code = 0 }: { says: string; code?: number }): void {
  writeFileSync(path.join(folder, name), `#!/bin/sh\necho '${says}'\nexit ${code}\n`, { mode: 0o755 });
}

describe.runIf(process.platform === "linux")("surveyTools", () => {
  it("no wrk · refused, with how to get it", () => {
    install("nginx", { says: "nginx version: nginx/1.22.1" });
    expect(() => surveyTools({ PATH: folder })).toThrow("apt-get install wrk");
  });

  it("wrk alone · the comparison goes on and names what it lacks", () => {
    install("wrk", { says: "wrk debian/4.1.0-3+b2 [epoll]", code: 1 });
    const { tools, lacks } = surveyTools({ PATH: folder });
    expect(tools).toEqual({ wrk: "4.1.0", nginx: null, taskset: null, k6: null });
    expect(lacks.join(" ")).toMatch(/nginx is missing.*taskset is missing.*k6 is missing/);
  });
});

describe("readVersion", () => {
  it.each([
    ["wrk debian/4.1.0-3+b2 [epoll] Copyright (C) 2012 Will Glozer", "4.1.0"],
    ["nginx version: nginx/1.22.1", "1.22.1"],
    ["taskset from util-linux 2.38.1", "2.38.1"],
    ["no number", null],
  ])("%s · %s", (text, version) => {
    expect(readVersion(text)).toBe(version);
  });
});
