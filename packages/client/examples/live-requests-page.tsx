/** A live view with the typed hooks: requests appear as they end, and a pause holds them back. */
import type { ReactElement } from "react";
import { useLogTail } from "../src/log-tail.ts";

/** Shows the failed requests of a workspace, the newest first. It stands below a `PerpetuoProvider`. */
export function LiveFailures({ workspaceId }: { workspaceId: string }): ReactElement {
  const tail = useLogTail({ workspace_id: workspaceId, status: "server_error" }, { limit: 200 });

  if (tail.error !== null) return <p role="alert">{tail.error.message}</p>;
  return (
    <section>
      <button type="button" onClick={tail.paused ? tail.resume : tail.pause}>
        {tail.paused ? `Show ${tail.pending} new` : "Pause"}
      </button>
      {tail.status === "connecting" && <p>Connecting …</p>}
      {tail.skipped > 0 && <p>At least {tail.skipped} more are in the list of requests.</p>}
      <ol>
        {tail.rows.map((request) => (
          <li key={request.id}>
            {request.created_at} {request.model} {request.status_code}
          </li>
        ))}
      </ol>
    </section>
  );
}
