import { type DestinationStream, type Logger, pino } from "pino";
import { LineWriter } from "./line-writer.ts";
import { redacted, redactFields, scrubLine, secretPaths } from "./redaction.ts";

export type { Logger } from "pino";

/** Levels of `LOG_LEVEL`, most talkative first. */
export const logLevels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

const standardError = 2;
let sharedWriter: LineWriter | null = null;

export type LoggerOptions = {
  /** Name of the service; stands in every line. */
  service: string;
  level: LogLevel;
  /** Where lines go instead of standard error. */
  destination?: DestinationStream;
};

/**
 * Makes a logger that writes one JSON object a line to standard error. Writing never blocks the thread, and a line is
 * written when the call returns unless the reader is behind; what waits for it is written when the thread ends.
 * Secrets are cut by field name and by form, see `redaction.ts`.
 */
export function createLogger({ service, level, destination }: LoggerOptions): Logger {
  return pino(
    {
      level,
      base: { service, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      messageKey: "message",
      errorKey: "error",
      // `redactFields` has described errors by the time pino's own serializer would look at them.
      serializers: { error: (description) => description, err: (description) => description },
      formatters: { level: (label) => ({ level: label }), log: redactFields },
      redact: { paths: secretPaths, censor: redacted },
      hooks: { streamWrite: scrubLine },
    },
    destination ?? standardErrorWriter(),
  );
}

/** Loggers of one thread share a writer, so that their lines keep their order. */
function standardErrorWriter(): LineWriter {
  if (sharedWriter === null) {
    const writer = new LineWriter(standardError);
    process.once("exit", () => writer.flushSync());
    sharedWriter = writer;
  }
  return sharedWriter;
}
