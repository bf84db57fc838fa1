import path from "node:path";
import { PerpetuoError } from "@perpetuo/contracts/errors";
import { openDatabase } from "@perpetuo/database/connection";
import { startEmbeddedPostgres } from "@perpetuo/database/embedded";
import { ConfigError, configErrorExitCode } from "@perpetuo/runtime/environment";
import { readRewrapConfig } from "./config.ts";
import { type RewrapReport, rewrapDataKeys } from "./rewrap.ts";

const report = (line: string) => process.stdout.write(`${line}\n`);

/**
 * `npm run rewrap-data-keys`: wraps every data key under PERPETUO_MASTER_KEY. The keys before it are read from
 * PERPETUO_PREVIOUS_MASTER_KEYS and can be forgotten when this command has ended without a failure.
 */
async function main(): Promise<void> {
  const { ownerDatabaseUrl, dataDir, masterKey, previousMasterKeys } = readRewrapConfig();
  const embedded =
    ownerDatabaseUrl === null
      ? await startEmbeddedPostgres({ dataDir: path.resolve(dataDir), onProgress: report })
      : null;
  const owner = openDatabase(embedded?.ownerUrl ?? ownerDatabaseUrl ?? "", {
    max: 1,
    applicationName: "perpetuo-rewrap",
  });
  try {
    const keyring = { current: masterKey, previous: previousMasterKeys };
    const outcome = await rewrapDataKeys(owner, keyring, ({ done, workspaces }) => {
      if (done % 100 === 0 || done === workspaces) report(`${done} of ${workspaces} workspaces`);
    });
    describeOutcome(outcome, masterKey.id);
  } finally {
    await owner[Symbol.asyncDispose]();
    await embedded?.[Symbol.asyncDispose]();
  }
}

function describeOutcome({ workspaces, rewrapped, failures }: RewrapReport, masterKeyId: string): void {
  report(`${rewrapped} data keys of ${workspaces} workspaces are now wrapped by master key ${masterKeyId}.`);
  for (const { workspace_id, error } of failures) {
    const reason = error instanceof PerpetuoError ? (error.internal ?? error.message) : String(error);
    process.stderr.write(`Workspace ${workspace_id} is unchanged: ${reason}\n`);
  }
  if (failures.length === 0)
    report("Services that run with this key no longer need PERPETUO_PREVIOUS_MASTER_KEYS.");
  else process.exitCode = 1;
}

try {
  await main();
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = configErrorExitCode;
}
