import path from "node:path";
import type { Environment } from "@perpetuo/runtime/environment";
import { checkout } from "./checkout.ts";
import { type Config, mockProviderHost } from "./config.ts";
import { builtConsole } from "./console-build.ts";
import type { ServiceUrls } from "./database.ts";
import type { ServiceDefinition } from "./service-process.ts";

/** A person waits for the end of `npm start`, and no load balancer looks at it; an operator's own values win. */
const drain = { PERPETUO_DRAIN_DELAY_MS: "0", PERPETUO_DRAIN_GRACE_MS: "10000" };

/** Variables that not every service may see: the owner's and the other roles' credentials, and the master key. */
const credentialVariables = [
  "DATABASE_URL",
  "CONTROL_DATABASE_URL",
  "PROXY_DATABASE_URL",
  "WORKER_DATABASE_URL",
  "PERPETUO_MASTER_KEY",
];

/** The services that `npm start` runs, in the order in which they are started. */
export function defineServices(
  config: Config,
  { urls, masterKey }: { urls: ServiceUrls; masterKey: string },
): ServiceDefinition[] {
  const shared = sharedEnvironment(config);
  const control: ServiceDefinition = {
    name: "control",
    entry: entryOf("control"),
    readyUrl: `${probeUrl(config, config.controlPort)}/ready`,
    environment: {
      PUBLIC_URL: controlUrl(config),
      PROXY_PUBLIC_URL: proxyUrl(config),
      ...shared,
      CONTROL_DATABASE_URL: urls.control,
      PERPETUO_MASTER_KEY: masterKey,
      PERPETUO_CONSOLE_DIR: config.consoleDir ?? builtConsole,
    },
  };
  const proxy: ServiceDefinition = {
    name: "proxy",
    entry: entryOf("proxy"),
    readyUrl: `${probeUrl(config, config.proxyPort)}/ready`,
    environment: {
      ...drain,
      ...shared,
      PROXY_DATABASE_URL: urls.proxy,
      PERPETUO_MASTER_KEY: masterKey,
    },
  };
  const mockProvider: ServiceDefinition = {
    name: "mock-provider",
    entry: entryOf("mock-provider"),
    readyUrl: `http://${mockProviderHost}:${config.mockProviderPort}/ready`,
    environment: { ...shared, HOST: mockProviderHost },
  };
  return config.demo ? [mockProvider, control, proxy] : [control, proxy];
}

/** Where a person on this machine finds the console and the control API. */
export function controlUrl(config: Config): string {
  return `http://${displayedHost(config.host)}:${config.controlPort}`;
}

/** Where a person on this machine finds the gateway. */
export function proxyUrl(config: Config): string {
  return `http://${displayedHost(config.host)}:${config.proxyPort}`;
}

/** Where the launcher itself reaches a service: an address, because `localhost` may mean the other IP version. */
export function probeUrl({ host }: Config, port: number): string {
  if (host === "0.0.0.0" || host === "::") return `http://127.0.0.1:${port}`;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function displayedHost(host: string): string {
  if (["127.0.0.1", "::1", "0.0.0.0", "::"].includes(host)) return "localhost";
  return host.includes(":") ? `[${host}]` : host;
}

function entryOf(service: string): string {
  return path.join(checkout, "services", service, "src/main.ts");
}

function sharedEnvironment(config: Config): Environment {
  const inherited = Object.entries(config.environment).filter(
    ([name]) => !credentialVariables.includes(name),
  );
  const mock = { mock: `http://${mockProviderHost}:${config.mockProviderPort}/v1` };
  return {
    ...Object.fromEntries(inherited),
    PERPETUO_DATA_DIR: config.dataDir,
    PERPETUO_PROVIDER_BASE_URLS: JSON.stringify({ ...(config.demo ? mock : {}), ...config.providerBaseUrls }),
  };
}
