import { expect, it } from "vitest";
import { readConfig } from "../config.ts";
import { runSoak } from "./run-soak.ts";
import { judgeSoak } from "./soak-report.ts";

const minutes = 3;
/** In so short a time, and beside other tests, the process is still reaching its working size. */
const mostGrowth = 24 * 2 ** 20;
/** A machine that others load may make the gateway refuse some requests, as it should. */
const mostUnexpected = 0.05;

it.runIf(process.platform === "linux")(
  "soak · three minutes of mixed load leave no memory, descriptors or timers behind",
  async () => {
    const command = readConfig(["--soak", `${minutes}m`]);
    if (command.kind !== "run") throw new Error("expected a run");
    const finished = await runSoak({
      config: command.config,
      minutes,
      report: () => undefined,
      interrupted: new AbortController().signal,
    });
    for (const { what, measured } of judgeSoak(finished)) {
      process.stdout.write(`figure: soak, ${what}: ${measured}\n`);
    }
    const { start, settled, end, after, calls, accounts } = finished;
    expect(end.resident - settled.resident).toBeLessThanOrEqual(mostGrowth);
    expect(after.descriptors).toBeLessThanOrEqual(start.descriptors + 2);
    expect(after.timers).toBeLessThanOrEqual(start.timers + 2);
    const sum = (name: "calls" | "unexpected") =>
      Object.values(calls).reduce((total, entry) => total + entry[name], 0);
    expect(sum("unexpected")).toBeLessThanOrEqual(sum("calls") * mostUnexpected);
    expect(accounts.verdict).toBe("balanced");
  },
);
