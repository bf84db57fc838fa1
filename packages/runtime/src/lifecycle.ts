import { ConfigError, configErrorExitCode } from "./environment.ts";
import { createLogger, type Logger } from "./logger.ts";
import { StartError } from "./start-error.ts";
import { createStopGate } from "./stop-gate.ts";

/** How long the process may outlive its service before it is ended, in milliseconds. */
const lingerMs = 2_000;
/** How long an interrupted start or a crashed service may take to close, in milliseconds. */
const emergencyMs = 10_000;
const defaultEchoWindowMs = 1_000;

const failureExitCode = 1;
/** By convention 128 plus the number of the signal. */
const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;
const stopSignals = ["SIGINT", "SIGTERM"] as const;

export type Running = AsyncDisposable & {
  /** Makes the disposal that is under way a quick one. Absent: an impatient signal ends the process. */
  hurry?: () => void;
};

export type Service = {
  /** Stands in every line that the lifecycle logs. */
  name: string;
  /**
   * Reads the configuration and starts everything; disposing of the result ends the service in good order.
   * `stopping` aborts when the service is told to stop before it is up: a start that waits should give up then.
   */
  start: (stopping: AbortSignal) => Promise<Running>;
  /** A signal this soon after the first, in milliseconds, is its echo. Default: 1,000. */
  echoWindowMs?: number;
};

type StartOutcome = { kind: "up"; resource: Running } | { kind: "failed" };

/**
 * Runs a service until it is told to stop, and sets the exit code of the process.
 *
 * SIGTERM, SIGINT or, in a child with an IPC channel, the end of its parent dispose of the service once: exit code 0.
 * A second signal makes the service hurry, where it can; otherwise, and upon a third, the process ends at once: 130 or
 * 143. An uncaught error is logged, the service has ten seconds to
 * close: 1. A start that fails: 1, with the message alone on standard error for a `StartError`, and 78 when the
 * configuration is wrong, with one problem a line.
 */
export async function runService(service: Service): Promise<void> {
  const logger = createLogger({ service: service.name, level: "info" });
  const requests = listenForStop(service, logger);
  try {
    const outcome = await startService(service, { logger, stopping: requests.stopping });
    if (outcome.kind === "up") {
      requests.onHurry(outcome.resource);
      await requests.stopped;
      await dispose(outcome.resource, logger);
    }
  } finally {
    requests.release();
    // Nothing is left to do: whatever still holds the process is a leak, and the log names it.
    endAfter(lingerMs, () =>
      logger.warn(
        { resources: process.getActiveResourcesInfo() },
        "Something outlives the service; exiting.",
      ),
    );
  }
}

async function startService(
  service: Service,
  { logger, stopping }: { logger: Logger; stopping: AbortSignal },
): Promise<StartOutcome> {
  let deadline: NodeJS.Timeout | undefined;
  const onStop = () => {
    deadline = endAfter(emergencyMs, () => {
      process.exitCode = failureExitCode;
      logger.error("The interrupted start did not end; exiting.");
    });
  };
  stopping.addEventListener("abort", onStop, { once: true });
  try {
    return { kind: "up", resource: await service.start(stopping) };
  } catch (error) {
    reportFailedStart(error, { logger, stopping });
    return { kind: "failed" };
  } finally {
    stopping.removeEventListener("abort", onStop);
    clearTimeout(deadline);
  }
}

function reportFailedStart(
  error: unknown,
  { logger, stopping }: { logger: Logger; stopping: AbortSignal },
): void {
  if (error instanceof ConfigError) {
    process.exitCode = configErrorExitCode;
    process.stderr.write(`${error.message}\n`);
  } else if (error instanceof StartError) {
    process.exitCode = failureExitCode;
    process.stderr.write(`${error.message}\n`);
  } else if (!stopping.aborted) {
    process.exitCode = failureExitCode;
    logger.fatal({ error }, "The service could not start.");
  }
}

async function dispose(resource: AsyncDisposable, logger: Logger): Promise<void> {
  try {
    await resource[Symbol.asyncDispose]();
  } catch (error) {
    process.exitCode = failureExitCode;
    logger.fatal({ error }, "The service did not close in good order.");
  }
}

/** Listens for everything that ends a service. `stopped` settles with the first; `release` lets the process end. */
function listenForStop(service: Service, logger: Logger) {
  const controller = new AbortController();
  const stopped = new Promise<void>((resolve) => {
    controller.signal.addEventListener("abort", () => resolve(), { once: true });
  });
  let running: Running = { [Symbol.asyncDispose]: async () => undefined };
  const onSignal = signalHandler(service, { stop: () => controller.abort(), running: () => running });
  const onParentGone = () => controller.abort();
  const onCrash = (error: unknown) => {
    process.exitCode = failureExitCode;
    logger.fatal({ error }, "An error was caught nowhere; the service stops.");
    endAfter(emergencyMs, () => logger.fatal("The service did not close after an uncaught error; exiting."));
    controller.abort();
  };
  for (const signal of stopSignals) process.on(signal, onSignal);
  process.on("uncaughtException", onCrash).on("unhandledRejection", onCrash);
  if (process.connected === true) process.on("disconnect", onParentGone);
  // Undefined without a channel; false when the parent ended while this process was loading.
  else if (process.connected === false) controller.abort();

  // The other listeners stay: they hold nothing open, and an echo after the end must not turn it into a kill.
  const release = () => process.off("disconnect", onParentGone);
  const onHurry = (resource: Running) => {
    running = resource;
  };
  return { stopping: controller.signal, stopped, onHurry, release };
}

function signalHandler(service: Service, { stop, running }: { stop: () => void; running: () => Running }) {
  const decide = createStopGate({
    now: () => performance.now(),
    windowMs: service.echoWindowMs ?? defaultEchoWindowMs,
  });
  return (signal: (typeof stopSignals)[number]) => {
    const decision = decide();
    if (decision.kind === "echo") return;
    if (decision.kind === "stop") return stop();
    const resource = running();
    if (decision.kind === "exit" || resource.hurry === undefined) process.exit(exitCodes[signal]);
    resource.hurry();
  };
}

/** Ends the process after a while unless it ends by itself first; the wait alone does not keep it alive. */
function endAfter(milliseconds: number, report: () => void): NodeJS.Timeout {
  return setTimeout(() => {
    report();
    process.exit();
  }, milliseconds).unref();
}
