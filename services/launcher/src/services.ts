import path from "node:path";
import type { Environment } from "@perpetuo/runtime/environment";
import { checkout } from "./checkout.ts";
import { type Config, mockProviderHost } from "./config.ts";
import { builtConsole } from "./console-build.ts";
import type { ServiceUrls } from "./database.ts";
import type { ServiceDefinition } from "./service-process.ts";

/** Seconds would be enough for `npm start`; an operator's own value wins. */
const drainGraceMs = "10000";

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
    readyUrl: `${controlUrl(config)}/ready`,
    environment: {
      ...shared,
      CONTROL_DATABASE_URL: urls.control,
      PERPETUO_MASTER_KEY: masterKey,
      PERPETUO_CONSOLE_DIR: config.consoleDir ?? builtConsole,
    },
  };
  const proxy: ServiceDefinition = {
    name: "proxy",
    entry: entryOf("proxy"),
    readyUrl: `${proxyUrl(config)}/ready`,
    environment: {
      PERPETUO_DRAIN_GRACE_MS: drainGraceMs,
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
  return `http://${reachableHost(config.host)}:${config.controlPort}`;
}

/** Where a person on this machine finds the gateway. */
export function proxyUrl(config: Config): string {
  return `http://${reachableHost(config.host)}:${config.proxyPort}`;
}

/** A service that listens on every address is reached on the loopback one. */
function reachableHost(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "127.0.0.1";
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
