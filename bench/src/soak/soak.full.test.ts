import { expect, it } from "vitest";
import { readConfig } from "../config.ts";
import { runSoak } from "./run-soak.ts";
import { judgeSoak } from "./soak-report.ts";

const minutes = 3;

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
    const verdicts = judgeSoak(finished);
    for (const { what, measured } of verdicts) process.stdout.write(`figure: soak, ${what}: ${measured}\n`);
    expect(verdicts.filter(({ met }) => !met)).toEqual([]);
  },
);
