import { createLogger } from "@perpetuo/runtime/logger";
import { createFirstCalls } from "./behaviour/first-calls.ts";
import type { Config } from "./config.ts";
import { startHttpServer } from "./http/http-server.ts";
import { startRawServer } from "./raw/raw-server.ts";
import { createRecorder } from "./record/recorder.ts";

/** The mock provider while it listens. */
export type MockProvider = { port: number; rawPort: number } & AsyncDisposable;

/** Opens both ports. Throws when one of them is taken. */
export async function start(config: Config): Promise<MockProvider> {
  const logger = createLogger({ service: "mock-provider", level: config.logLevel });
  const state = { recorder: createRecorder(config.recordedRequests), firstCalls: createFirstCalls() };
  const http = await startHttpServer({ host: config.host, port: config.port }, state);
  try {
    const raw = await startRawServer({ host: config.host, port: config.rawPort }, state);
    logger.info({ port: http.port, raw_port: raw.port }, "listening");
    return {
      port: http.port,
      rawPort: raw.port,
      async [Symbol.asyncDispose]() {
        await Promise.all([http[Symbol.asyncDispose](), raw[Symbol.asyncDispose]()]);
      },
    };
  } catch (error) {
    await http[Symbol.asyncDispose]();
    throw error;
  }
}
