import { type Environment, readEnvironment, withDefault } from "@perpetuo/runtime/environment";
import { integer, logLevel, text } from "@perpetuo/runtime/environment-kinds";
import type { LogLevel } from "@perpetuo/runtime/logger";

export type Config = {
  host: string;
  /** The fast port; 0 picks a free one. */
  port: number;
  /** The port of raw bytes; 0 picks a free one. */
  rawPort: number;
  /** Requests remembered for `GET /_mock/requests`. */
  recordedRequests: number;
  logLevel: LogLevel;
};

const port = (example: number) => integer({ minimum: 0, maximum: 65_535, example });

/** Throws `ConfigError` with every problem of the environment. */
export function readConfig(environment: Environment = process.env): Config {
  return readEnvironment<Config>(environment, {
    host: withDefault("HOST", text, "127.0.0.1"),
    port: withDefault("MOCK_PROVIDER_PORT", port(8090), 8090),
    rawPort: withDefault("MOCK_PROVIDER_RAW_PORT", port(8091), 8091),
    recordedRequests: withDefault(
      "MOCK_PROVIDER_RECORDED_REQUESTS",
      integer({ minimum: 1, maximum: 1_000_000, example: 50_000 }),
      10_000,
    ),
    logLevel: withDefault("LOG_LEVEL", logLevel, "info"),
  });
}
