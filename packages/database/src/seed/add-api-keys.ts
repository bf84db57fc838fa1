import { text } from "node:stream/consumers";
import { withPool } from "../pool.ts";

/** What comes in on standard input, as JSON. */
type Order = {
  /** The connection URL of the cluster's superuser. */
  administrator_url: string;
  workspace_id: string;
  keys: { prefix: string; key_hash: string }[];
};

/**
 * Adds API keys by the hundred thousand, for benchmarks: by the control API as many would take minutes. The triggers stay silent,
 * because the gateway has not heard of any of these keys, so that there is nothing to take back.
 */
async function addApiKeys({ administrator_url, workspace_id, keys }: Order): Promise<void> {
  await withPool(administrator_url, { max: 1, applicationName: "perpetuo-seed" }, async ({ sql }) => {
    await sql`set session_replication_role = replica`;
    await sql`insert into api_keys (workspace_id, name, prefix, key_hash)
      select ${workspace_id}, 'benchmark', prefix, key_hash
      from jsonb_to_recordset(${JSON.stringify(keys)}::text::jsonb) as keys (prefix text, key_hash text)`;
  });
}

await addApiKeys(JSON.parse(await text(process.stdin)) as Order);
