import { PerpetuoError } from "@perpetuo/contracts/errors";
import type { Transaction } from "@perpetuo/database/workspace-transaction";
import type { ControlServices } from "./context.ts";

/** Rows of one query; few enough to hold, enough to make the query worth its while. */
export const exportPageLength = 1_000;

/** Runs work in a transaction that sees one workspace's rows. */
export type InWorkspace = <TResult>(work: (transaction: Transaction) => Promise<TResult>) => Promise<TResult>;

/** A call that reads for as long as its reader goes on. */
export type LongRead = {
  services: Pick<ControlServices, "downloads" | "stopping">;
  workspace_id: string;
  caller: { user: { id: string } };
  /** @throws {PerpetuoError} when the session has ended or the role was lost. */
  stillAllowed(): Promise<void>;
};

/**
 * Yields the rows of page after page, one page in memory at a time. Each page is a short transaction of its own, so that
 * a slow reader holds no connection. It ends with an error when the service stops or the caller may no longer read.
 * @param nextPage reads the page after the last one; null when there is none.
 */
export async function* readPages<TRow>(
  { services, workspace_id, caller, stillAllowed }: LongRead,
  nextPage: () => Promise<TRow[] | null>,
): AsyncGenerator<TRow, void> {
  const leave = services.downloads.enter({ workspace_id, user_id: caller.user.id });
  try {
    for (let rows = await nextPage(); rows !== null; rows = await nextPage()) {
      yield* rows;
      if (services.stopping.aborted) throw new PerpetuoError("server_shutdown");
      await stillAllowed();
    }
  } finally {
    leave();
  }
}
