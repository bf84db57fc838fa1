import { createLogger } from "@perpetuo/runtime/logger";
import { StartError } from "@perpetuo/runtime/start-error";
import type { FastifyInstance } from "fastify";
import { defaultThrottleRules, type ThrottleRules } from "./auth/throttle.ts";
import type { Config } from "./config.ts";
import { runMaintenance } from "./maintenance.ts";
import { createServer } from "./server.ts";
import { createServices } from "./services.ts";

/** A running control plane. Disposal refuses new work, finishes what runs and closes the database. */
export type ControlService = AsyncDisposable & {
  /** Where it listens, without a trailing slash. */
  url: string;
};

/**
 * Starts the control plane. It listens at once and is ready when the database has the schema of this version.
 * @throws {StartError} when the port cannot be listened on.
 */
export async function start(
  config: Config,
  throttleRules: ThrottleRules = defaultThrottleRules,
): Promise<ControlService> {
  const logger = createLogger({ service: "control", level: config.logLevel });
  const stopping = new AbortController();
  const services = await createServices(config, { logger, throttleRules, stopping: stopping.signal });
  const server = await createServer(services, { settings: config, logger });
  const url = await listen(server, config).catch(async (error: unknown) => {
    await server.close();
    await services[Symbol.asyncDispose]();
    throw error;
  });
  logger.info({ url }, "Listening.");

  const { database, sessions, readiness } = services;
  const upkeep = readiness
    .waitForSchema(stopping.signal)
    .then(() => runMaintenance({ database, sessions, logger }, stopping.signal))
    .catch((error: unknown) => {
      if (!stopping.signal.aborted) logger.error({ error }, "Maintenance has ended.");
    });
  return {
    url,
    async [Symbol.asyncDispose]() {
      readiness.drain();
      stopping.abort();
      await server.close();
      await upkeep;
      await services[Symbol.asyncDispose]();
    },
  };
}

/** Why a port cannot be listened on, by Node's error code. */
const listenFailures: Readonly<Record<string, string>> = {
  EADDRINUSE: "is taken by another program",
  EACCES: "may not be used by this user",
  EADDRNOTAVAIL: "is on an address that this machine does not have",
};

async function listen(server: FastifyInstance, { host, port }: Config): Promise<string> {
  try {
    return await server.listen({ host, port });
  } catch (cause) {
    const reason = cause instanceof Error && "code" in cause ? listenFailures[String(cause.code)] : undefined;
    if (reason === undefined) throw cause;
    throw new StartError(`Port ${port} on ${host} ${reason}. Set CONTROL_PORT or HOST.`, { cause });
  }
}
