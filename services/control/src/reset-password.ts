import { withDatabase } from "@perpetuo/database/connection";
import { findEmbeddedPostgres } from "@perpetuo/database/embedded";
import { findAccount } from "@perpetuo/database/queries/control/users";
import { ConfigError, configErrorExitCode } from "@perpetuo/runtime/environment";
import { createResetLink } from "./auth/reset-link.ts";
import { readResetPasswordConfig } from "./config.ts";

const usage = "Usage: npm run reset-password -- <e-mail address or user id>";

type Outcome = { kind: "link"; text: string } | { kind: "refused"; text: string };

/**
 * `npm run reset-password`: prints a link with which somebody who forgot their password sets a new one, for installations
 * that send no mail. It needs the database that control uses, and may run beside control.
 */
async function main(account: string | undefined): Promise<Outcome> {
  if (account === undefined) return { kind: "refused", text: usage };
  const { databaseUrl, dataDir, consoleUrl } = readResetPasswordConfig();
  const url = databaseUrl ?? (await findEmbeddedPostgres(dataDir));
  if (url === null) {
    return {
      kind: "refused",
      text: `No database: set CONTROL_DATABASE_URL, or start Perpetuo with its embedded database in ${dataDir}.`,
    };
  }
  return withDatabase(url, { max: 1, applicationName: "perpetuo-reset-password" }, async (database) => {
    const user = await findAccount(database, account);
    if (user === null) return { kind: "refused", text: `There is no account ${account}.` };
    const { link, expires_at } = await createResetLink(database, { user_id: user.id, consoleUrl });
    const text = `For ${user.email}, once, until ${expires_at.toISOString()}:\n${link}`;
    return { kind: "link", text };
  });
}

try {
  const outcome = await main(process.argv[2]);
  const output = outcome.kind === "link" ? process.stdout : process.stderr;
  output.write(`${outcome.text}\n`);
  if (outcome.kind === "refused") process.exitCode = 1;
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = configErrorExitCode;
}
