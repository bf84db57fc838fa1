import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, it } from "vitest";
import { inspectorEnvironment, openInspector } from "./inspector.ts";

const timer = "setInterval(() => undefined, 60_000);";
const program = `
  const { Worker } = require("node:worker_threads");
  ${timer}
  new Worker(${JSON.stringify(timer.repeat(3))}, { eval: true }).on("online", () => console.log("ready"));
`;

it.runIf(process.platform === "linux")(
  "inspector · counts the timers of every thread and collects garbage",
  async () => {
    const child = spawn(process.execPath, ["-e", program], {
      env: inspectorEnvironment,
      stdio: ["ignore", "pipe", "ignore"],
    });
    try {
      await once(child.stdout, "data");
      const inspector = await openInspector(child.pid ?? 0);
      await inspector.collectGarbage();
      expect((await inspector.countResources())["Timeout"]).toBe(4);
      inspector.close();
    } finally {
      child.kill("SIGKILL");
    }
  },
);
