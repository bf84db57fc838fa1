import type { TemplatedApp } from "uWebSockets.js";
import type { ServerState } from "./http-server.ts";
import { sendJson } from "./model-routes.ts";

const defaultPageSize = 1000;

/** What the mock saw, for tests to compare with: `GET /_mock/requests`, `GET /_mock/totals`, `DELETE /_mock/requests`. */
export function addRecordRoutes(app: TemplatedApp, state: ServerState): void {
  app.get("/_mock/requests", (response, request) => {
    const since = Number(request.getQuery("since") ?? 0);
    const limit = Number(request.getQuery("limit") ?? defaultPageSize);
    if (!Number.isInteger(since) || !Number.isInteger(limit) || limit < 1) {
      return sendJson(response, 400, '{"error":{"message":"since and limit are whole numbers."}}');
    }
    const requests = state.recorder.list({ since, limit, model: request.getQuery("model") ?? null });
    sendJson(response, 200, JSON.stringify({ requests, next_since: requests.at(-1)?.id ?? since }));
  });
  app.get("/_mock/totals", (response) => sendJson(response, 200, JSON.stringify(state.recorder.totals())));
  app.del("/_mock/requests", (response) => {
    state.recorder.clear();
    state.firstCalls.clear();
    sendJson(response, 200, JSON.stringify(state.recorder.totals()));
  });
}
