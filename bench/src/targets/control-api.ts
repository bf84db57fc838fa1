import { logInOutput } from "@perpetuo/contracts/api/auth";
import { listLogsOutput } from "@perpetuo/contracts/api/logs";
import { listProvidersOutput, providerKeySchema } from "@perpetuo/contracts/api/providers";
import { type UsageSummary, usageSummaryOutput } from "@perpetuo/contracts/api/usage";
import type { ProviderName } from "@perpetuo/contracts/providers";
import { parseObject } from "../json-fields.ts";
import type { System } from "./system.ts";

const timeoutMs = 30_000;

/** Times are epoch milliseconds, the end exclusive. */
export type Period = { from: number; to: number };

/** How many rows of the request log lie in a period; capped: more than the API counts in one call. */
export type RowCount = { kind: "exact"; rows: number } | { kind: "capped" };

export type NewProviderKey = { provider: ProviderName; models: readonly string[] };

/** The demo workspace, as its owner reads and changes it. */
export type ControlApi = {
  readUsage: () => Promise<UsageSummary>;
  countLogRows: (period: Period) => Promise<RowCount>;
  /** Each is asked before the keys that are there, and nothing else than its models. */
  addProviderKeys: (keys: readonly NewProviderKey[]) => Promise<void>;
};

/** Logs in to control's REST API as the demo user. */
export async function logIn({ controlUrl, demo }: System): Promise<ControlApi> {
  const { email, password } = demo;
  const answer = await call(`${controlUrl}/auth/login`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ email, password }),
  });
  const headers = { authorization: `Bearer ${logInOutput.parse(answer).token}` };
  const workspaceUrl = `${controlUrl}/workspaces/${demo.workspaceId}`;
  const providersUrl = `${workspaceUrl}/providers`;
  const send = (method: "POST" | "PUT", body: object): RequestInit => ({
    method,
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return {
    readUsage: async () => usageSummaryOutput.parse(await call(`${workspaceUrl}/usage`, { headers })),
    async countLogRows({ from, to }) {
      const period = { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
      const url = `${workspaceUrl}/logs?${new URLSearchParams({ ...period, limit: "1" })}`;
      const page = listLogsOutput.parse(await call(url, { headers }));
      return page.total_is_capped ? { kind: "capped" } : { kind: "exact", rows: page.total };
    },
    async addProviderKeys(keys) {
      const { items: before } = listProvidersOutput.parse(await call(providersUrl, { headers }));
      const added: string[] = [];
      for (const { provider, models } of keys) {
        const key = { provider, name: `benchmark ${provider}`, api_key: "sk-benchmark-0000", models };
        added.push(providerKeySchema.parse(await call(providersUrl, send("POST", key))).id);
      }
      const provider_key_ids = [...added, ...before.map(({ id }) => id)];
      await call(`${providersUrl}/order`, send("PUT", { provider_key_ids }));
    },
  };
}

/** The data of the envelope that control answers with. */
async function call(url: string, options: RequestInit): Promise<unknown> {
  const response = await fetch(url, { ...options, signal: AbortSignal.timeout(timeoutMs) });
  const text = await response.text();
  const envelope = parseObject(text, `The answer of ${url}`);
  if (envelope["success"] !== true) throw new Error(`${url} was refused (${response.status}): ${text}`);
  return envelope["data"];
}
