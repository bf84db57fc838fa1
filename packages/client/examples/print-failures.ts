/**
 * A command-line program that prints failed requests as they happen, as `tail -f` prints a file. Give it the control
 * API's origin, a session token and a workspace's id.
 */
import { followLogs } from "../src/follow-logs.ts";
import { createPerpetuoClient } from "../src/vanilla.ts";
import { explainFailure } from "./spend-report.ts";

export type Target = { baseUrl: string; token: string; workspace_id: string };

export function printFailures(
  { baseUrl, token, workspace_id }: Target,
  print: (line: string) => void,
): { stop: () => void } {
  const client = createPerpetuoClient({ baseUrl, credentials: { kind: "bearer", token } });
  return followLogs(
    client,
    { workspace_id, status: "server_error" },
    {
      onRequest: ({ created_at, model, error_code }) => print(`${created_at} ${model} ${error_code}`),
      onEnd: (error) => print(explainFailure(error)),
    },
  );
}
