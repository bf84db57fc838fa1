import type { LogFilterInput } from "@perpetuo/contracts/api/logs";
import type { LogFilter } from "@perpetuo/database/queries/control/request-logs";
import { readTimeRange } from "../time-range.ts";

const statusRanges = {
  success: { from: 200, to: 399 },
  client_error: { from: 400, to: 499 },
  server_error: { from: 500, to: 599 },
};

/** What a call narrows requests to, as the query wants it. */
export function readLogFilter(input: LogFilterInput): LogFilter {
  const { workspace_id, provider, model, api_key_id, text } = input;
  return {
    workspace_id,
    provider,
    model,
    api_key_id,
    text,
    ...readTimeRange(input),
    statuses: statusesOf(input),
    metadata:
      input.metadata_key === undefined || input.metadata_value === undefined
        ? undefined
        : { key: input.metadata_key, value: input.metadata_value },
  };
}

function statusesOf({ status, status_code }: LogFilterInput): LogFilter["statuses"] {
  return [
    ...(status === undefined ? [] : [statusRanges[status]]),
    ...(status_code === undefined ? [] : [{ from: status_code, to: status_code }]),
  ];
}
