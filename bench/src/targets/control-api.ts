import { logInOutput } from "@perpetuo/contracts/api/auth";
import { listLogsOutput } from "@perpetuo/contracts/api/logs";
import { type UsageSummary, usageSummaryOutput } from "@perpetuo/contracts/api/usage";
import { parseObject } from "../json-fields.ts";
import type { System } from "./system.ts";

const timeoutMs = 30_000;

/** Times are epoch milliseconds, the end exclusive. */
export type Period = { from: number; to: number };

/** How many rows of the request log lie in a period; capped: more than the API counts in one call. */
export type RowCount = { kind: "exact"; rows: number } | { kind: "capped" };

/** The demo workspace's books, as its owner reads them. */
export type ControlApi = {
  readUsage: () => Promise<UsageSummary>;
  countLogRows: (period: Period) => Promise<RowCount>;
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
  return {
    readUsage: async () => usageSummaryOutput.parse(await call(`${workspaceUrl}/usage`, { headers })),
    async countLogRows({ from, to }) {
      const period = { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
      const url = `${workspaceUrl}/logs?${new URLSearchParams({ ...period, limit: "1" })}`;
      const page = listLogsOutput.parse(await call(url, { headers }));
      return page.total_is_capped ? { kind: "capped" } : { kind: "exact", rows: page.total };
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
