import type { Plan } from "./config.ts";
import { type Field, takeTurn } from "./field.ts";
import type { Sample } from "./measure.ts";
import { type Scenario, scenarios } from "./scenarios.ts";
import type { TargetKind } from "./targets/target.ts";

export type ComparedSample = { scenario: Scenario["name"]; kind: TargetKind; sample: Sample };

export type Comparison = {
  samples: ComparedSample[];
  /**
   * CPU microseconds for each unary request that the rest of the system used: the supervisor's log flush, PostgreSQL and
   * control, until the rows were in the database. One value a run. Streams are too few for it: idling would outweigh them.
   */
  rest_of_system_us_per_request: number[];
};

/**
 * Measures every scenario against every target. The targets take turns, so that a machine that slows down or speeds up
 * does so for all of them.
 */
export async function compare(field: Field, plan: Plan): Promise<Comparison> {
  const samples: ComparedSample[] = [];
  const rest: number[] = [];
  for (const scenario of scenarios) {
    field.report(scenario.title);
    for (const target of field.targets) {
      await takeTurn(field, target, { work: scenario, seconds: plan.warmupSeconds });
    }
    for (let run = 1; run <= plan.runs; run++) {
      for (const target of field.targets) {
        const turn = await takeTurn(field, target, { work: scenario, seconds: plan.runSeconds });
        samples.push({ scenario: scenario.name, kind: target.kind, sample: turn.sample });
        if (turn.restMicroseconds !== null && scenario.unit === "request") {
          rest.push(turn.restMicroseconds / turn.sample.requests);
        }
        field.report(describeSample(run, scenario, turn.sample));
      }
    }
  }
  return { samples, rest_of_system_us_per_request: rest };
}

function describeSample(run: number, { unit }: Scenario, sample: Sample): string {
  const rate = Math.round(sample.units / sample.seconds);
  const cpu = sample.cpu_us_per_unit.toFixed(1);
  return `  run ${run}  ${sample.target.padEnd(8)}  ${cpu} µs of CPU a ${unit}, ${rate} ${unit}s/s, p99 ${sample.p99_ms.toFixed(1)} ms`;
}
