import path from "node:path";
import type { Config } from "./config.ts";
import { buildConsoleIfStale } from "./console-build.ts";
import { prepareDatabase } from "./database.ts";
import { type Demo, prepareDemo } from "./demo.ts";
import { explainFailure } from "./failure.ts";
import { requireFreePorts } from "./ports.ts";
import { waitUntilReady } from "./readiness.ts";
import { recordProcesses, takeOver } from "./recovery.ts";
import { createScreen, describeSystem, type Screen } from "./screen.ts";
import { loadOrCreateSecrets } from "./secrets.ts";
import { runServiceProcess, type ServiceDefinition, type ServiceProcess } from "./service-process.ts";
import { controlUrl, defineServices, probeUrl, proxyUrl } from "./services.ts";
import { createDataFolder } from "./state-files.ts";

/**
 * Starts the whole system and resolves when every service is ready. Disposal stops the services, and the database
 * after them, so that the proxy can still flush its logs.
 * @throws {StartError} with one sentence for whatever a person can put right.
 */
export async function start(config: Config, stopping: AbortSignal): Promise<AsyncDisposable> {
  const screen = createScreen();
  const started: AsyncDisposable[] = [];
  const system = { [Symbol.asyncDispose]: () => stopAll(started, screen) };
  try {
    await startAll({ config, screen, started, stopping });
    return system;
  } catch (error) {
    await system[Symbol.asyncDispose]();
    throw explainFailure(error);
  }
}

type Startup = { config: Config; screen: Screen; started: AsyncDisposable[]; stopping: AbortSignal };

async function startAll({ config, screen, started, stopping }: Startup): Promise<void> {
  createDataFolder(config.dataDir);
  const secrets = loadOrCreateSecrets(config.dataDir);
  await takeOver(config.dataDir, screen.report);
  await requireFreePorts(config.ports);
  await recordProcesses(config.dataDir, []);
  const passwords = secrets.role_passwords;
  const database = await prepareDatabase(config, { passwords, report: screen.report });
  started.push(database);
  stopping.throwIfAborted();
  if (config.consoleDir === null)
    await buildConsoleIfStale({ environment: config.environment, report: screen.report });
  stopping.throwIfAborted();

  const masterKey = config.masterKey ?? secrets.master_key;
  const definitions = defineServices(config, { urls: database.urls, masterKey });
  screen.report(`Starting ${definitions.map(({ name }) => name).join(", ")} on ${database.description}`);
  const services = startServices(definitions, { config, screen });
  started.push(...services);
  await waitUntilReady(services, stopping);

  const addresses = { controlUrl: controlUrl(config), proxyUrl: proxyUrl(config) };
  const demo: Demo | null = config.demo
    ? await prepareDemo({ controlUrl: probeUrl(config, config.controlPort), dataDir: config.dataDir })
    : null;
  process.stdout.write(describeSystem(addresses, demo));
}

function startServices(
  definitions: readonly ServiceDefinition[],
  { config, screen }: { config: Config; screen: Screen },
): ServiceProcess[] {
  const services: ServiceProcess[] = [];
  let recorded: Promise<void> = Promise.resolve();
  const onStarted = () => {
    // One note after the other, each of all services: a restart must not write over a later one.
    recorded = recorded.then(() =>
      recordProcesses(
        config.dataDir,
        services.flatMap((service) => service.pid() ?? []),
      ),
    );
  };
  const settings = { logDirectory: path.join(config.dataDir, "logs"), warn: screen.warn, onStarted };
  for (const definition of definitions) services.push(runServiceProcess(definition, settings));
  return services;
}

/** The latest started stops first: proxy, control, mock provider, database. */
async function stopAll(started: AsyncDisposable[], screen: Screen): Promise<void> {
  if (started.length > 0) screen.report("Stopping");
  while (started.length > 0) await started.pop()?.[Symbol.asyncDispose]();
}
