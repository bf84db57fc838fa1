import { Counter, Gauge, type Registry } from "prom-client";
import type { Entrance, ShedReason } from "./entrance.ts";

/** Shows places, the line before them, and what was turned away. Returns what counts a refusal. */
export function createOverloadMetrics(
  registry: Registry,
  entrance: () => Entrance["counts"],
): (reason: ShedReason) => void {
  const registers = [registry];
  // Every thread sees the same memory: one of them says it for all.
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      aggregator: "first",
      collect() {
        this.set(read());
      },
    });
  gauge(
    "perpetuo_places_taken",
    "Requests that hold a place of PERPETUO_MAX_IN_FLIGHT.",
    () => entrance().taken,
  );
  gauge("perpetuo_queue_depth", "Requests that wait for a place.", () => entrance().waiting);
  const shed = new Counter({
    name: "perpetuo_shed_total",
    help: "Requests of known callers refused for want of room, by what was short.",
    labelNames: ["reason"] as const,
    registers,
  });
  return (reason) => shed.inc({ reason });
}
