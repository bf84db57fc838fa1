import { describe, expect, it } from "vitest";
import { choosePlacement, placed } from "./placement.ts";

const command = { program: "nginx", words: ["-p", "folder"] };

describe("placed", () => {
  it("pinned · runs under taskset on the core of its place", () => {
    const placement = { kind: "pinned", proxyCore: 0, otherCore: 1 } as const;
    const words = (core: string) => ["-c", core, "nginx", "-p", "folder"];
    expect(placed(placement, "proxy", command)).toEqual({ program: "taskset", words: words("0") });
    expect(placed(placement, "other", command)).toEqual({ program: "taskset", words: words("1") });
  });

  it("unpinned · the command as it is", () => {
    expect(placed({ kind: "unpinned" }, "proxy", command)).toBe(command);
  });
});

describe("choosePlacement", () => {
  it("no taskset · unpinned", () => {
    expect(choosePlacement({ wrk: "4.1.0", nginx: null, taskset: null, k6: null })).toEqual({
      kind: "unpinned",
    });
  });
});
