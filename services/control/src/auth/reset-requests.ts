import { setTimeout as delay } from "node:timers/promises";
import type { Database } from "@perpetuo/database/connection";
import { findUserForLogIn } from "@perpetuo/database/queries/control/users";
import type { Logger } from "@perpetuo/runtime/logger";
import type { Mailer } from "../mail/mailer.ts";
import { limitConcurrency } from "./limit-concurrency.ts";
import { createResetLink, type ResetLink } from "./reset-link.ts";

/** Mail servers are slow, and each mail in the making holds a connection. */
const mailLimits = { running: 4, waiting: 200 };

/** How long the end of the service may wait for mails. */
const disposalMs = 10_000;

/** Works off what people who forgot their password ask for. Disposal waits a while for what is being worked on. */
export type ResetRequests = AsyncDisposable & {
  /**
   * Takes a request and returns at once, whatever the address: how long an answer takes must not tell whether there is
   * an account. What goes wrong later is told to the operator.
   */
  take(email: string): void;
};

export type ResetRequestsOptions = {
  database: Database;
  mailer: Mailer;
  logger: Logger;
  consoleUrl: string;
};

export function createResetRequests(options: ResetRequestsOptions): ResetRequests {
  const { logger } = options;
  const run = limitConcurrency(mailLimits);
  const working = new Set<Promise<void>>();
  return {
    take(email) {
      const work = run(() => serve(options, email)).catch((error: unknown) => {
        logger.error({ error }, "A request to set a forgotten password was lost.");
      });
      working.add(work);
      void work.finally(() => working.delete(work));
    },
    async [Symbol.asyncDispose]() {
      const waiting = new AbortController();
      const late = delay(disposalMs, undefined, { signal: waiting.signal }).catch(() => undefined);
      await Promise.race([Promise.all(working), late]);
      waiting.abort();
      const lost = working.size;
      if (lost > 0) logger.error({ lost }, "Requests to set a forgotten password were lost at the end.");
    },
  };
}

async function serve(options: ResetRequestsOptions, email: string): Promise<void> {
  const { database, mailer, logger, consoleUrl } = options;
  const user = await findUserForLogIn(database, email);
  if (user === null) return;
  const outcome = await mailer.send({
    to: user.email,
    subject: "Set a new password for Perpetuo",
    text: resetText(await createResetLink(database, { user_id: user.id, consoleUrl })),
  });
  if (outcome.kind === "sent") return;
  // The log must not hold the link: who reads it could then log in as anybody.
  logger.warn(
    { user_id: user.id, mail: outcome.kind },
    "Somebody forgot their password and no mail went out. `npm run reset-password -- <user id>` prints a link for them.",
  );
}

function resetText({ link, expires_at }: ResetLink): string {
  return `Somebody, probably you, asked to set a new password for your account on Perpetuo. Set it here:

${link}

The link works once, until ${expires_at.toUTCString()}. If it was not you, do nothing: your password stays as it is.
`;
}
