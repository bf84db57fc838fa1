import { setInterval } from "node:timers/promises";
import type { Database } from "@perpetuo/database/connection";
import { removeAttemptsBefore } from "@perpetuo/database/queries/control/auth-throttle";
import { ensurePartitions } from "@perpetuo/database/queries/control/maintenance";
import { removeExpiredPasswordResets } from "@perpetuo/database/queries/control/password-resets";
import type { Logger } from "@perpetuo/runtime/logger";
import type { Sessions } from "./auth/sessions.ts";

const hourMs = 60 * 60 * 1000;
/** Partitions of request logs are made this far ahead, so that control may be away for days. */
const daysAhead = 14;

type MaintenanceWork = { database: Database; sessions: Sessions; logger: Logger };

/** Does what control owes the database, now and every hour, until the signal aborts. A failure waits for the next hour. */
export async function runMaintenance(work: MaintenanceWork, stopping: AbortSignal): Promise<void> {
  await maintain(work);
  try {
    for await (const _tick of setInterval(hourMs, undefined, { signal: stopping })) await maintain(work);
  } catch (error) {
    if (!stopping.aborted) throw error;
  }
}

async function maintain({ database, sessions, logger }: MaintenanceWork): Promise<void> {
  const steps: Record<string, () => Promise<unknown>> = {
    "make partitions ahead": () => ensurePartitions(database, daysAhead),
    "remove expired sessions": () => sessions.removeExpired(),
    "remove expired links for setting a password": () => removeExpiredPasswordResets(database),
    // No window of the throttle is longer than an hour.
    "remove old attempts": () => removeAttemptsBefore(database, new Date(Date.now() - 2 * hourMs)),
  };
  for (const [step, run] of Object.entries(steps)) {
    await run().catch((error: unknown) => logger.error({ error, step }, "A maintenance step failed."));
  }
}
