import type { Logger } from "@perpetuo/runtime/logger";
import { createTransport } from "nodemailer";
import { describeMailFailure } from "./mail-failure.ts";

/** The mail server, and the sender that its mails name. Null: no mail is sent. */
export type MailSettings = { url: string; from: string } | null;

/** A mail of plain text. The subject must not be built from what people typed. */
export type Mail = { to: string; subject: string; text: string };

/** What became of a mail. `sent`: the mail server has taken it over. */
export type MailOutcome = { kind: "sent" } | { kind: "not-configured" } | { kind: "failed" };

/** Sends mail. It never rejects and never takes longer than its time limit; the log says why a mail failed. */
export type Mailer = { send(mail: Mail): Promise<MailOutcome> };

export type MailerOptions = {
  /** The mail server, such as `smtp://user:password@mail.example.com:587` or `smtps://…`, and the sender. */
  settings: MailSettings;
  logger: Logger;
  timeoutMs?: number;
};

/** Somebody waits for the answer, so a mail server that is silent counts as failed after this time. */
const sendingTimeoutMs = 10_000;

/** Makes the mailer. Every mail has a connection of its own, because mails are rare and idle connections go stale. */
export function createMailer({ settings, logger, timeoutMs = sendingTimeoutMs }: MailerOptions): Mailer {
  if (settings === null) return { send: async () => ({ kind: "not-configured" }) };
  const transport = createTransport({
    url: settings.url,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    // A mail's text is never a path or an address to read from.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async send({ to, subject, text }) {
      const mail = { from: settings.from, to: { name: "", address: to }, subject, text };
      try {
        await withinTime(transport.sendMail(mail), timeoutMs);
        return { kind: "sent" };
      } catch (error) {
        logger.error({ ...describeMailFailure(error, settings.url), subject }, "A mail could not be sent.");
        return { kind: "failed" };
      }
    },
  };
}

/** The transport's own limits are each for one step; this one is for all of them together. */
async function withinTime<TResult>(work: Promise<TResult>, timeoutMs: number): Promise<TResult> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`It took longer than ${timeoutMs} ms.`)), timeoutMs);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
