import { type DestinationStream, type Logger, pino } from "pino";
import { redacted, redactFields, scrubLine, secretPaths } from "./redaction.ts";

export type { Logger } from "pino";

/** Levels of `LOG_LEVEL`, most talkative first. */
export const logLevels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

const standardError = 2;
/** Lines waiting for a reader of standard error that does not read; beyond this they are dropped, never the requests. */
const longestBacklogBytes = 16 * 1024 * 1024;
/** PIPE_BUF of Linux: up to this length, writes of several threads and processes to one pipe do not mix. */
const atomicWriteBytes = 4096;

let sharedStream: DestinationStream | null = null;

export type LoggerOptions = {
  /** Name of the service; stands in every line. */
  service: string;
  level: LogLevel;
  /** Where lines go instead of standard error. */
  destination?: DestinationStream;
};

/**
 * Makes a logger that writes one JSON object a line to standard error. Writing never blocks the thread; what is still
 * waiting when the thread ends is written synchronously, and a fatal line at once. Secrets are cut by field name
 * and by form, see `redaction.ts`.
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
    destination ?? standardErrorStream(),
  );
}

/** A logger whose lines all name the request and, once it is known, the workspace. */
export function requestLogger(
  logger: Logger,
  identity: { request_id: string; workspace_id?: string },
): Logger {
  return logger.child(identity);
}

/** Loggers of one thread share a stream, so that their lines keep their order. */
function standardErrorStream(): DestinationStream {
  if (sharedStream === null) {
    const stream = pino.destination({
      dest: standardError,
      sync: false,
      maxLength: longestBacklogBytes,
      maxWrite: atomicWriteBytes,
    });
    process.once("exit", () => stream.flushSync());
    sharedStream = stream;
  }
  return sharedStream;
}
