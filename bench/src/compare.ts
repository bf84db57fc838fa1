import { type Accounts, balance, countRows, type LoadLedger, waitUntilSettled } from "./accounts.ts";
import type { Plan } from "./config.ts";
import { readProcessTicks, readTreeTicks } from "./machine/processes.ts";
import { type MeasureSettings, measure, type Sample } from "./measure.ts";
import { type Scenario, scenarios } from "./scenarios.ts";
import type { ControlApi } from "./targets/control-api.ts";
import type { System } from "./targets/system.ts";
import type { Target } from "./targets/target.ts";

export type Comparison = {
  samples: { scenario: Scenario["name"]; sample: Sample }[];
  accounts: Accounts;
  /**
   * CPU microseconds for each unary request that the rest of the system used: the supervisor's log flush, PostgreSQL and
   * control, until the rows were in the database. One value a run. Streams are too few for it: idling would outweigh them.
   */
  rest_of_system_us_per_request: number[];
};

export type Field = {
  system: System;
  control: ControlApi;
  targets: readonly Target[];
  settings: MeasureSettings;
  report: (line: string) => void;
};

/** The clocks of the harness and of the gateway are the same, but a request is stamped before it is counted. */
const periodMarginMs = 1_000;

/**
 * Measures every scenario against every target. The targets take turns, so that a machine that slows down or speeds up
 * does so for all of them; each turn of the gateway ends when its log is in the database, so that its flush is nobody else's load.
 */
export async function compare(field: Field, plan: Plan): Promise<Comparison> {
  const startedAt = Date.now();
  const ledger: LoadLedger = { completed: 0, possibly_in_flight: 0 };
  const samples: Comparison["samples"] = [];
  const rest: number[] = [];
  for (const scenario of scenarios) {
    field.report(scenario.title);
    for (const target of field.targets) {
      await takeTurn(field, { target, scenario, seconds: plan.warmupSeconds, ledger });
    }
    for (let run = 1; run <= plan.runs; run++) {
      for (const target of field.targets) {
        const turn = await takeTurn(field, { target, scenario, seconds: plan.runSeconds, ledger });
        samples.push({ scenario: scenario.name, sample: turn.sample });
        if (turn.restMicroseconds !== null && scenario.unit === "request") {
          rest.push(turn.restMicroseconds / turn.sample.requests);
        }
        field.report(describeSample(run, scenario, turn.sample));
      }
    }
  }
  const accounts = await closeAccounts(field.control, { ledger, startedAt });
  return { samples, accounts, rest_of_system_us_per_request: rest };
}

type Turn = { target: Target; scenario: Scenario; seconds: number; ledger: LoadLedger };

async function takeTurn(
  { system, control, settings }: Field,
  { target, scenario, seconds, ledger }: Turn,
): Promise<{ sample: Sample; restMicroseconds: number | null }> {
  const before = readRestTicks(system);
  const sample = await measure(target, { scenario, seconds }, settings);
  if (target.name !== "perpetuo") return { sample, restMicroseconds: null };
  ledger.completed += sample.requests;
  ledger.possibly_in_flight += scenario.connections;
  await waitUntilSettled(control, { completed: ledger.completed, interrupted: settings.interrupted });
  const ticks = readRestTicks(system) - before;
  return { sample, restMicroseconds: ticks * settings.microsecondsPerTick };
}

function readRestTicks({ launcherPid, proxyPid, mockPid }: System): number {
  return readTreeTicks(launcherPid) - readProcessTicks(proxyPid) - readProcessTicks(mockPid);
}

async function closeAccounts(
  control: ControlApi,
  { ledger, startedAt }: { ledger: LoadLedger; startedAt: number },
): Promise<Accounts> {
  const { total_requests, total_aborted } = await control.readUsage();
  const period = { from: startedAt - periodMarginMs, to: Date.now() + periodMarginMs };
  const rows = await countRows(control.countLogRows, period);
  return balance(ledger, { rows, counted: total_requests, aborted: total_aborted });
}

function describeSample(run: number, { unit }: Scenario, sample: Sample): string {
  const rate = Math.round(sample.units / sample.seconds);
  const cpu = sample.cpu_us_per_unit.toFixed(1);
  return `  run ${run}  ${sample.target.padEnd(8)}  ${cpu} µs of CPU a ${unit}, ${rate} ${unit}s/s, p99 ${sample.p99_ms.toFixed(1)} ms`;
}
