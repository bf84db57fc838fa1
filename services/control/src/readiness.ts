import { setTimeout as delay } from "node:timers/promises";
import type { Database } from "@perpetuo/database/connection";
import { schemaIsCurrent } from "@perpetuo/database/schema-version";
import type { Logger } from "@perpetuo/runtime/logger";

const pollMs = 1_000;

export type ReadinessReport = { kind: "ready" } | { kind: "not-ready"; reason: string };

/** Whether the service can do its work, and why not. */
export type Readiness = {
  /** Asks the database now. */
  check(): Promise<ReadinessReport>;
  /** What is known without asking: procedures are refused until the schema has once been seen to be current. */
  known(): ReadinessReport;
  /** Resolves when the schema is current, or rejects when the signal aborts. */
  waitForSchema(stopping: AbortSignal): Promise<void>;
  /** From now on the service is not ready, so that load balancers look elsewhere. */
  drain(): void;
};

export function createReadiness(database: Database, logger: Logger): Readiness {
  const ask = createQuestion(database, logger);
  let known: ReadinessReport = { kind: "not-ready", reason: "The schema has not been checked yet." };
  let draining = false;

  const check = async (): Promise<ReadinessReport> => {
    if (draining) return { kind: "not-ready", reason: "The service is stopping." };
    const report = await ask();
    // A database that is away for a while keeps its schema: its queries fail by themselves.
    if (known.kind === "not-ready") known = report;
    return report;
  };
  return {
    check,
    known: () => known,
    async waitForSchema(stopping) {
      while ((await check()).kind === "not-ready") {
        await delay(pollMs, undefined, { signal: stopping });
      }
    },
    drain() {
      draining = true;
    },
  };
}

/** Asks the database, and logs a reason when it changes and not at every question. */
function createQuestion(database: Database, logger: Logger): () => Promise<ReadinessReport> {
  let logged: string | null = null;
  const refuse = (reason: string, error: unknown): ReadinessReport => {
    if (logged !== reason) logger.warn({ reason, error }, "Not ready.");
    logged = reason;
    return { kind: "not-ready", reason };
  };
  return async () => {
    try {
      if (!(await schemaIsCurrent(database))) {
        return refuse("The database's schema is older than this version. Run npm run migrate.", null);
      }
    } catch (error) {
      return refuse("The database cannot be reached.", error);
    }
    logged = null;
    return { kind: "ready" };
  };
}
