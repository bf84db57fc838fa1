import { migrate } from "@perpetuo/database/migrate";
import { ConfigError, configErrorExitCode } from "@perpetuo/runtime/environment";
import { StartError } from "@perpetuo/runtime/start-error";
import { readConfig } from "./config.ts";
import { openOwnedDatabase, passwordsToSet } from "./database.ts";
import { explainFailure } from "./failure.ts";

/**
 * `npm run migrate`: brings the database in DATABASE_URL, or the embedded one, to this version's schema. The service
 * roles get the passwords that CONTROL_, PROXY_ and WORKER_DATABASE_URL name; without them they keep theirs.
 */
async function main(): Promise<void> {
  const config = readConfig();
  const report = (message: string) => process.stdout.write(`${message}\n`);
  const database = await openOwnedDatabase(config, report);
  try {
    await migrate(database.ownerUrl, { rolePasswords: passwordsToSet(config) });
    report(`Migrated: ${database.description}`);
  } finally {
    await database[Symbol.asyncDispose]();
  }
}

try {
  await main();
} catch (error) {
  const explained = explainFailure(error);
  if (explained instanceof ConfigError) process.exitCode = configErrorExitCode;
  else if (explained instanceof StartError) process.exitCode = 1;
  else throw error;
  process.stderr.write(`${explained.message}\n`);
}
