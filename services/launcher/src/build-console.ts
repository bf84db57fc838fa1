import { StartError } from "@perpetuo/runtime/start-error";
import { readConfig } from "./config.ts";
import { buildConsoleIfStale } from "./console-build.ts";

/** Builds the console when it is stale, for the tests that need it built. */
try {
  const report = (message: string) => process.stdout.write(`${message}\n`);
  await buildConsoleIfStale({ environment: readConfig().environment, report });
} catch (error) {
  if (!(error instanceof StartError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
