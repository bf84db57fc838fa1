import { isMainThread, Worker } from "node:worker_threads";
import { createLogger } from "./logger.ts";

/** For `logger.test.ts`: logs through two loggers and exits before anything asynchronous can happen. */
function logAndExit(): void {
  const loggers = ["a", "b"].map((service) => createLogger({ service, level: "info" }));
  for (let line = 0; line < 500; line += 1) loggers[line % 2]?.info({ line });
  process.exit(0);
}

if (isMainThread && process.argv[2] === "worker") new Worker(import.meta.filename);
else logAndExit();
