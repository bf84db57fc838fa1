import { availableParallelism, totalmem } from "node:os";
import path from "node:path";
import { type Environment, readEnvironment, required, withDefault } from "@perpetuo/runtime/environment";
import {
  choice,
  databaseUrl,
  flag,
  integer,
  logLevel,
  parsedBy,
  port,
  providerBaseUrls,
  redisUrl,
  text,
  trustedProxies,
} from "@perpetuo/runtime/environment-kinds";
import { parseMasterKeyring } from "@perpetuo/security/master-key";
import type { Timeouts } from "./answer.ts";

const milliseconds = (example: number) => integer({ minimum: 0, maximum: 86_400_000, example });
/** Twice the streams that a thread carries without delaying any of them. */
const placesPerThread = 4_000;
/**
 * An answer takes half a second or more: of so many requests in flight, a tenth at most ends within the 50 ms that
 * another waits. Longer lines would only make refusals late.
 */
const longestDefaultQueue = 1_000;

const bytes = (example: number) => integer({ minimum: 1_024, maximum: 2 ** 40, example });

const masterKey = parsedBy(
  (value) => {
    parseMasterKeyring({ current: value, previous: "" });
    return value;
  },
  { example: "$(openssl rand -base64 32)", quotes: "never" },
);

/** What the gateway takes on at once, and what tells it that this is too much. */
const overloadSettings = {
  maxInFlight: withDefault(
    "PERPETUO_MAX_IN_FLIGHT",
    integer({ minimum: 1, maximum: 1_000_000, example: 8_000 }),
    null,
  ),
  maxInFlightPerWorkspace: withDefault(
    "PERPETUO_MAX_IN_FLIGHT_PER_WORKSPACE",
    integer({ minimum: 1, maximum: 1_000_000, example: 2_000 }),
    null,
  ),
  queueLength: withDefault(
    "PERPETUO_QUEUE_LENGTH",
    integer({ minimum: 0, maximum: 10_000, example: 200 }),
    null,
  ),
  queueWaitMs: withDefault("PERPETUO_QUEUE_WAIT_MS", milliseconds(50), 50),
  maxLoopDelayMs: withDefault("PERPETUO_MAX_LOOP_DELAY_MS", milliseconds(500), 500),
  stuckThreadMs: withDefault("PERPETUO_STUCK_THREAD_MS", milliseconds(10_000), 10_000),
  maxMemoryBytes: withDefault("PERPETUO_MAX_MEMORY_BYTES", bytes(1_073_741_824), containerMemory()),
};

/**
 * Reads the proxy's configuration from the environment.
 * Master keys stay text, because every thread makes its own keyring of them.
 * @throws {ConfigError} with every problem at once.
 */
export function readConfig(environment: Environment = process.env) {
  const values = readEnvironment(environment, {
    databaseUrl: required("PROXY_DATABASE_URL", databaseUrl),
    masterKey: required("PERPETUO_MASTER_KEY", masterKey),
    previousMasterKeys: withDefault("PERPETUO_PREVIOUS_MASTER_KEYS", { ...text, quotes: "never" }, ""),
    host: withDefault("HOST", text, "127.0.0.1"),
    port: withDefault("PROXY_PORT", port, 8080),
    metricsPort: withDefault("METRICS_PORT", port, null),
    threads: withDefault(
      "PERPETUO_THREADS",
      integer({ minimum: 1, maximum: 256, example: 4 }),
      // Elsewhere than on Linux SO_REUSEPORT does not share connections out (decision 8).
      process.platform === "linux" ? availableParallelism() : 1,
    ),
    dataDir: withDefault("PERPETUO_DATA_DIR", text, ".perpetuo"),
    allowPrivateUpstreams: withDefault("PERPETUO_ALLOW_PRIVATE_UPSTREAMS", flag, false),
    providerBaseUrls: withDefault("PERPETUO_PROVIDER_BASE_URLS", providerBaseUrls, {}),
    redisUrl: withDefault("REDIS_URL", redisUrl, null),
    quotaPolicy: withDefault(
      "PERPETUO_QUOTA_POLICY",
      choice(["fail-open", "fail-closed"]),
      "fail-open" as const,
    ),
    trustedProxies: withDefault("PERPETUO_TRUSTED_PROXIES", trustedProxies, []),
    debugHeaders: withDefault("PERPETUO_DEBUG_HEADERS", flag, false),
    logLevel: withDefault("LOG_LEVEL", logLevel, "info" as const),
    maxBodyBytes: withDefault("PERPETUO_MAX_BODY_BYTES", bytes(10_485_760), 10 * 1_048_576),
    maxSpoolBytes: withDefault("PERPETUO_MAX_SPOOL_BYTES", bytes(1_073_741_824), 2 ** 30),
    ...overloadSettings,
    connectTimeoutMs: withDefault("PERPETUO_CONNECT_TIMEOUT_MS", milliseconds(5_000), 5_000),
    firstByteTimeoutMs: withDefault("PERPETUO_FIRST_BYTE_TIMEOUT_MS", milliseconds(60_000), 60_000),
    wholeAnswerTimeoutMs: withDefault("PERPETUO_ANSWER_TIMEOUT_MS", milliseconds(600_000), 600_000),
    idleTimeoutMs: withDefault("PERPETUO_IDLE_TIMEOUT_MS", milliseconds(120_000), 120_000),
    streamTimeoutMs: withDefault("PERPETUO_STREAM_TIMEOUT_MS", milliseconds(1_800_000), 1_800_000),
    stalledReaderTimeoutMs: withDefault("PERPETUO_STALLED_READER_TIMEOUT_MS", milliseconds(30_000), 30_000),
    drainDelayMs: withDefault("PERPETUO_DRAIN_DELAY_MS", milliseconds(5_000), 5_000),
    drainGraceMs: withDefault("PERPETUO_DRAIN_GRACE_MS", milliseconds(300_000), 300_000),
    readyTimeoutMs: withDefault("PERPETUO_READY_TIMEOUT_MS", milliseconds(30_000), 30_000),
    setTcpMigration: withDefault("PERPETUO_SET_TCP_MIGRATION", flag, true),
  });
  const maxInFlight = values.maxInFlight ?? placesPerThread * values.threads;
  return {
    ...values,
    maxInFlight,
    maxInFlightPerWorkspace: values.maxInFlightPerWorkspace ?? maxInFlight,
    queueLength: values.queueLength ?? Math.min(Math.ceil(maxInFlight / 10), longestDefaultQueue),
    spoolDir: path.resolve(values.dataDir, "spool"),
  };
}

/** The proxy's configuration: plain data, so that it crosses to the child process and its threads as it is. */
export type ProxyConfig = ReturnType<typeof readConfig>;

/** The limit of the container or control group that this process runs in; null where there is none. */
function containerMemory(): number | null {
  const limit = process.constrainedMemory();
  return limit > 0 && limit < totalmem() ? limit : null;
}

/** The limits of one request's calls. */
export function timeoutsOf(config: ProxyConfig): Timeouts {
  return {
    connectMs: config.connectTimeoutMs,
    firstByteMs: config.firstByteTimeoutMs,
    wholeAnswerMs: config.wholeAnswerTimeoutMs,
    idleMs: config.idleTimeoutMs,
    streamMs: config.streamTimeoutMs,
  };
}

/** The child's environment. The header limit of uWebSockets.js is read when its library is loaded. */
export function childEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, UWS_HTTP_MAX_HEADERS_SIZE: "16384" };
}
