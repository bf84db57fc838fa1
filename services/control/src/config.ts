import path from "node:path";
import { fileURLToPath } from "node:url";
import {
  ConfigError,
  type Environment,
  readEnvironment,
  required,
  withDefault,
} from "@perpetuo/runtime/environment";
import {
  databaseUrl,
  flag,
  httpOrigin,
  httpUrl,
  integer,
  logLevel,
  parsedBy,
  providerBaseUrls,
  smtpUrl,
  text,
  trustedProxies,
} from "@perpetuo/runtime/environment-kinds";
import type { LogLevel } from "@perpetuo/runtime/logger";
import { parseMasterKey } from "@perpetuo/security/master-key";
import type { MailSettings } from "./mail/mailer.ts";

/** The console as `npm start` and the image build it. */
const builtConsole = fileURLToPath(new URL("../../console/dist", import.meta.url));

/** Zero picks a free port. */
const listeningPort = integer({ minimum: 0, maximum: 65_535, example: 3000 });

const masterKey = parsedBy(parseMasterKey, { example: "$(openssl rand -base64 32)", quotes: "never" });

const previousMasterKeys = parsedBy((value) => value.split(",").map((key) => parseMasterKey(key.trim())), {
  example: "the key that was PERPETUO_MASTER_KEY before",
  quotes: "never",
});

/** An address that mails come from, with or without a name before it. */
const mailSender = parsedBy(
  (value) => {
    if (!/^(?:[^<>\r\n]* )?<?[^\s<>@]+@[^\s<>@]+>?$/.test(value))
      throw new TypeError("is not an e-mail address");
    return value;
  },
  { example: "Perpetuo <perpetuo@example.com>", quotes: "value" },
);

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
    smtpUrl: withDefault("SMTP_URL", smtpUrl, null),
    smtpFrom: withDefault("SMTP_FROM", mailSender, null),
    logLevel: withDefault<LogLevel, LogLevel>("LOG_LEVEL", logLevel, "info"),
  });
  const { smtpUrl: _url, smtpFrom: _from, ...others } = values;
  return {
    ...others,
    mail: mailSettings(values),
    publicUrl: values.publicUrl ?? `http://localhost:${values.port}`,
    consoleDir: path.resolve(values.consoleDir),
  };
}

/** Where the console's own pages begin. */
export function consoleUrlOf(publicUrl: string): string {
  return `${publicUrl.replace(/\/+$/, "")}/app`;
}

function mailSettings(values: { smtpUrl: string | null; smtpFrom: string | null }): MailSettings {
  const { smtpUrl: url, smtpFrom: from } = values;
  if (url === null) return null;
  if (from !== null) return { url, from };
  const problem = "is not set, and SMTP_URL needs it";
  throw new ConfigError([{ variable: "SMTP_FROM", problem, example: mailSender.example }]);
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

/**
 * Reads the environment of `npm run reset-password`. Without a database URL it is about the embedded database.
 * @throws {ConfigError} with every problem at once.
 */
export function readResetPasswordConfig(environment: Environment = process.env) {
  const values = readEnvironment(environment, {
    controlDatabaseUrl: withDefault("CONTROL_DATABASE_URL", databaseUrl, null),
    ownerDatabaseUrl: withDefault("DATABASE_URL", databaseUrl, null),
    dataDir: withDefault("PERPETUO_DATA_DIR", text, ".perpetuo"),
    port: withDefault("CONTROL_PORT", listeningPort, 3000),
    publicUrl: withDefault("PUBLIC_URL", httpUrl, null),
  });
  return {
    databaseUrl: values.controlDatabaseUrl ?? values.ownerDatabaseUrl,
    dataDir: path.resolve(values.dataDir),
    consoleUrl: consoleUrlOf(values.publicUrl ?? `http://localhost:${values.port}`),
  };
}
