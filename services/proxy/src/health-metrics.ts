import { Counter, type Registry } from "prom-client";
import type { HealthEvent } from "./target-health.ts";

/** Counts what happens to circuit breakers and retry budgets. Labels name providers only: models are tenants' data. */
export function createHealthMetrics(registry: Registry): (event: HealthEvent) => void {
  const registers = [registry];
  const transitions = new Counter({
    name: "perpetuo_breaker_transitions_total",
    help: "Circuit breakers of targets that opened, half opened or closed, by provider.",
    labelNames: ["provider", "to"] as const,
    registers,
  });
  const retries = new Counter({
    name: "perpetuo_retries_total",
    help: "Retries by provider: fallbacks to it, repeats at it, and those that its retry budget denied.",
    labelNames: ["provider", "kind"] as const,
    registers,
  });
  return (event) => {
    const { provider } = event;
    if (event.kind === "breaker") transitions.inc({ provider, to: event.transition });
    else retries.inc({ provider, kind: event.retry });
  };
}
