import path from "node:path";
import { fileURLToPath } from "node:url";
import { type Environment, readEnvironment, required, withDefault } from "@perpetuo/runtime/environment";
import {
  databaseUrl,
  flag,
  httpOrigin,
  httpUrl,
  integer,
  logLevel,
  parsedBy,
  providerBaseUrls,
  text,
  trustedProxies,
} from "@perpetuo/runtime/environment-kinds";
import type { LogLevel } from "@perpetuo/runtime/logger";
import { parseMasterKey } from "@perpetuo/security/master-key";

/** The console as `npm start` and the image build it. */
const builtConsole = fileURLToPath(new URL("../../console/dist", import.meta.url));

/** Zero picks a free port. */
const listeningPort = integer({ minimum: 0, maximum: 65_535, example: 3000 });

const masterKey = parsedBy(parseMasterKey, { example: "$(openssl rand -base64 32)", quotes: "never" });

const previousMasterKeys = parsedBy((value) => value.split(",").map((key) => parseMasterKey(key.trim())), {
  example: "the key that was PERPETUO_MASTER_KEY before",
  quotes: "never",
});

export type Config = ReturnType<typeof readConfig>;

/**
 * Reads control's environment.
 * @throws {ConfigError} with every problem at once.
 */
export function readConfig(environment: Environment = process.env) {
  const values = readEnvironment(environment, {
    host: withDefault("HOST", text, "127.0.0.1"),
    port: withDefault("CONTROL_PORT", listeningPort, 3000),
    databaseUrl: required("CONTROL_DATABASE_URL", databaseUrl),
    masterKey: required("PERPETUO_MASTER_KEY", masterKey),
    previousMasterKeys: withDefault("PERPETUO_PREVIOUS_MASTER_KEYS", previousMasterKeys, []),
    publicUrl: withDefault("PUBLIC_URL", httpUrl, null),
    consoleOrigin: withDefault("CONSOLE_ORIGIN", httpOrigin, null),
    proxyPublicUrl: withDefault("PROXY_PUBLIC_URL", httpUrl, "http://localhost:8080"),
    providerBaseUrls: withDefault("PERPETUO_PROVIDER_BASE_URLS", providerBaseUrls, {}),
    allowPrivateUpstreams: withDefault("PERPETUO_ALLOW_PRIVATE_UPSTREAMS", flag, false),
    trustedProxies: withDefault("PERPETUO_TRUSTED_PROXIES", trustedProxies, []),
    consoleDir: withDefault("PERPETUO_CONSOLE_DIR", text, builtConsole),
    logLevel: withDefault<LogLevel, LogLevel>("LOG_LEVEL", logLevel, "info"),
  });
  return {
    ...values,
    publicUrl: values.publicUrl ?? `http://localhost:${values.port}`,
    consoleDir: path.resolve(values.consoleDir),
  };
}

/**
 * Reads the environment of `npm run rewrap-data-keys`. Without `DATABASE_URL` it is about the embedded database.
 * @throws {ConfigError} with every problem at once.
 */
export function readRewrapConfig(environment: Environment = process.env) {
  return readEnvironment(environment, {
    ownerDatabaseUrl: withDefault("DATABASE_URL", databaseUrl, null),
    dataDir: withDefault("PERPETUO_DATA_DIR", text, ".perpetuo"),
    masterKey: required("PERPETUO_MASTER_KEY", masterKey),
    previousMasterKeys: required("PERPETUO_PREVIOUS_MASTER_KEYS", previousMasterKeys),
  });
}
