import path from "node:path";
import type { ProviderName } from "@perpetuo/contracts/providers";
import {
  ConfigError,
  type ConfigProblem,
  type Environment,
  readEnvironment,
  withDefault,
} from "@perpetuo/runtime/environment";
import {
  databaseUrl,
  flag,
  parsedBy,
  port,
  providerBaseUrls,
  text,
} from "@perpetuo/runtime/environment-kinds";
import { parseMasterKey } from "@perpetuo/security/master-key";

/** A port that `npm start` listens on, and the variable that moves it. */
export type PortSetting = { variable: string; port: number; host: string; purpose: string };

export type Config = ReturnType<typeof readConfig>;

const masterKey = parsedBy(
  (value) => {
    parseMasterKey(value);
    return value;
  },
  { example: "$(openssl rand -base64 32)", quotes: "never" },
);

/**
 * Reads what `npm start` and `npm run migrate` need from the environment. The services read the rest themselves.
 * @throws {ConfigError} with every problem at once.
 */
export function readConfig(environment: Environment = process.env) {
  const values = readEnvironment(environment, {
    databaseUrl: withDefault("DATABASE_URL", databaseUrl, null),
    controlDatabaseUrl: withDefault("CONTROL_DATABASE_URL", databaseUrl, null),
    proxyDatabaseUrl: withDefault("PROXY_DATABASE_URL", databaseUrl, null),
    workerDatabaseUrl: withDefault("WORKER_DATABASE_URL", databaseUrl, null),
    masterKey: withDefault("PERPETUO_MASTER_KEY", masterKey, null),
    host: withDefault("HOST", text, "127.0.0.1"),
    controlPort: withDefault("CONTROL_PORT", port, 3000),
    proxyPort: withDefault("PROXY_PORT", port, 8080),
    metricsPort: withDefault("METRICS_PORT", port, null),
    mockProviderPort: withDefault("MOCK_PROVIDER_PORT", port, 8090),
    mockProviderRawPort: withDefault("MOCK_PROVIDER_RAW_PORT", port, 8091),
    dataDir: withDefault("PERPETUO_DATA_DIR", text, ".perpetuo"),
    consoleDir: withDefault("PERPETUO_CONSOLE_DIR", text, null),
    providerBaseUrls: withDefault<Partial<Record<ProviderName, string>>, Record<string, never>>(
      "PERPETUO_PROVIDER_BASE_URLS",
      providerBaseUrls,
      {},
    ),
    demo: withDefault("PERPETUO_DEMO", flag, true),
  });
  const ports = listPorts(values);
  refuseSharedPorts(ports);
  return { ...values, ports, dataDir: path.resolve(values.dataDir), environment };
}

type PortValues = {
  host: string;
  controlPort: number;
  proxyPort: number;
  metricsPort: number | null;
  mockProviderPort: number;
  mockProviderRawPort: number;
  demo: boolean;
};

/** The mock provider answers anyone who reaches it, so it stays on the loopback address whatever HOST is. */
export const mockProviderHost = "127.0.0.1";

function listPorts(values: PortValues): PortSetting[] {
  const { host } = values;
  const ports: PortSetting[] = [
    { variable: "CONTROL_PORT", port: values.controlPort, host, purpose: "the console and the control API" },
    { variable: "PROXY_PORT", port: values.proxyPort, host, purpose: "the gateway" },
  ];
  if (values.metricsPort !== null) {
    ports.push({
      variable: "METRICS_PORT",
      port: values.metricsPort,
      host,
      purpose: "the gateway's metrics",
    });
  }
  if (values.demo) {
    const mock = { host: mockProviderHost, purpose: "the mock provider" };
    ports.push({ variable: "MOCK_PROVIDER_PORT", port: values.mockProviderPort, ...mock });
    ports.push({ variable: "MOCK_PROVIDER_RAW_PORT", port: values.mockProviderRawPort, ...mock });
  }
  return ports;
}

function refuseSharedPorts(ports: readonly PortSetting[]): void {
  const problems: ConfigProblem[] = ports.flatMap((setting, index) => {
    const earlier = ports.slice(0, index).find(({ port: taken }) => taken === setting.port);
    if (earlier === undefined) return [];
    const problem = `is ${setting.port}, which ${earlier.variable} has already`;
    return [{ variable: setting.variable, problem, example: String(setting.port + 1) }];
  });
  if (problems.length > 0) throw new ConfigError(problems);
}
