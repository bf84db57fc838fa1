import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { inheritedEnvironment } from "../harness/config.ts";
import { report } from "../harness/figures.ts";
import { killAll, processTree } from "../harness/process-tree.ts";
import { repositoryRoot } from "../harness/service-process.ts";
import { npmStart } from "./npm-start.ts";

const run = promisify(execFile);
const script = path.join(repositoryRoot, "tests/five-minute-flow.sh");

it("npm start · the five-minute flow by curl, a streaming curl line to paste, and Ctrl-C stops everything", async () => {
  const startedAt = performance.now();
  const system = await npmStart();
  report(
    `npm start to ready on a fresh data folder: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`,
  );
  const pids = await system.pids();
  try {
    const flow = await run("bash", [script], {
      env: { ...inheritedEnvironment(), CONTROL_URL: system.controlUrl, GATEWAY_URL: system.gatewayUrl },
    });
    expect(flow.stdout).toContain("five-minute flow: passed");

    const [curlLine] = /curl -N .*$/m.exec(system.output()) ?? [];
    const pasted = await run("bash", ["-c", curlLine ?? "exit 1"], { env: inheritedEnvironment() });
    expect(pasted.stdout).toMatch(/^data: \{[\s\S]*data: \[DONE\]/);

    expect(await system.pressCtrlC()).toBe(0);
    const left = (await Promise.all(pids.map(processTree))).flat();
    expect(left).toEqual([]);
  } finally {
    await killAll((await Promise.all(pids.map(processTree))).flat());
    await system.removeData();
  }
});
