import { BenchError } from "../bench-error.ts";
import { type Field, gatewayOf, takeTurn } from "../field.ts";
import { bodyOf, plainRequest, type Scenario, scenarios } from "../scenarios.ts";
import { type Spread, spreadOf } from "../statistics.ts";
import type { Target } from "../targets/target.ts";
import { passThroughWire, type Wire, wires } from "../targets/wires.ts";

type Unit = Scenario["unit"];

/** CPU microseconds for each request of one wire, and for each content chunk of its streams. */
export type WireFigures = Record<Unit, Spread> & {
  wire: Wire;
  /** Beyond what passing through took in the same round; null for passing through itself. */
  added: Record<Unit, Spread> | null;
};

export type TranslationPart = { wires: WireFigures[] };

/** One value a round. */
export type WireRounds = { wire: Wire; request: number[]; chunk: number[] };

const rounds = 3;
const seconds = 3;
const warmupSeconds = 2;
const knownWithinMs = 20_000;

/** The scenarios of the comparison, to one provider of each wire by turns. All of them are the mock provider. */
export async function measureTranslation(field: Field): Promise<TranslationPart> {
  await field.control.addProviderKeys(
    wires.map((wire) => ({
      provider: wire,
      models: scenarios.map(({ request }) => modelOn(wire, request.model)),
    })),
  );
  for (const wire of wires) await untilServedBy(field, gatewayOf(field), wire);
  const measured = wires.map((wire): WireRounds => ({ wire, request: [], chunk: [] }));
  for (const scenario of scenarios) {
    field.report(`Translation, ${scenario.name}`);
    for (const wire of wires) await turn(field, { wire, scenario, seconds: warmupSeconds });
    for (let round = 1; round <= rounds; round++) {
      for (const own of measured) {
        const cost = await turn(field, { wire: own.wire, scenario, seconds });
        own[scenario.unit].push(cost);
        field.report(`  ${own.wire.padEnd(9)} ${cost.toFixed(1)} µs of CPU a ${scenario.unit}`);
      }
    }
  }
  return { wires: wireFigures(measured) };
}

/** Asks until the gateway knows of the wire's provider key: from then on nothing else is measured in its name. */
async function untilServedBy({ books }: Field, target: Target, wire: Wire): Promise<void> {
  const body = bodyOf({ ...plainRequest, model: modelOn(wire, plainRequest.model) }, target);
  const headers = { ...target.headers, "content-type": "application/json" };
  const deadline = performance.now() + knownWithinMs;
  let served: string | null = null;
  while (served !== wire) {
    if (performance.now() > deadline) throw new BenchError(`${wire} is served by ${served}.`);
    const answer = await fetch(target.url, { method: "POST", headers, body });
    await answer.arrayBuffer();
    await books.settle({ completed: 1, possibly_in_flight: 0 });
    served = answer.headers.get("x-perpetuo-provider");
  }
}

async function turn(
  field: Field,
  { wire, scenario, seconds: time }: { wire: Wire; scenario: Scenario; seconds: number },
): Promise<number> {
  const target = { ...gatewayOf(field), name: wire };
  const request = { ...scenario.request, model: modelOn(wire, scenario.request.model) };
  const { sample } = await takeTurn(field, target, { work: { ...scenario, request }, seconds: time });
  const failed = sample.status_errors + sample.socket_errors;
  if (failed > 0) throw new BenchError(`${failed} requests to ${wire} failed.`);
  return sample.cpu_us_per_unit;
}

/** The same behaviour of the mock provider by a name of its own, so that one provider key serves it. */
function modelOn(wire: Wire, model: string): string {
  return `${model}${model.includes("?") ? "&" : "?"}key=${wire}`;
}

/** A round's wires had the same machine a moment before or after. */
export function wireFigures(measured: readonly WireRounds[]): WireFigures[] {
  const passed = measured.find(({ wire }) => wire === passThroughWire);
  const beyond = (own: WireRounds, unit: Unit) =>
    spreadOf(own[unit].map((cost, round) => cost - (passed?.[unit][round] ?? Number.NaN)));
  return measured.map((own) => ({
    wire: own.wire,
    request: spreadOf(own.request),
    chunk: spreadOf(own.chunk),
    added: own === passed ? null : { request: beyond(own, "request"), chunk: beyond(own, "chunk") },
  }));
}
