import { spawn } from "node:child_process";
import { once } from "node:events";
import { getPriority } from "node:os";
import { expect, it } from "vitest";
import { lowerPriority } from "./priority.ts";
import { listDescendants } from "./processes.ts";

it.runIf(process.platform === "linux")(
  "lowerPriority · a process and its children, but the exceptions",
  async () => {
    const shell = spawn("sh", ["-c", "sleep 60 & sleep 60 & echo ready; wait"], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    await once(shell.stdout, "data");
    const root = shell.pid ?? 0;
    const [first = 0, second = 0] = listDescendants(root);
    try {
      const before = getPriority(second);
      lowerPriority(root, [second]);
      expect([root, first, second].map((pid) => getPriority(pid))).toEqual([10, 10, before]);
    } finally {
      for (const pid of [first, second, root]) process.kill(pid);
    }
  },
);
