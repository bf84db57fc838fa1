import type { Publication } from "@perpetuo/contracts/api/config";
import type { Transaction } from "@perpetuo/database/workspace-transaction";
import { publishDraft, requireDraft } from "../publishing/publish.ts";

/** What `workspaceProcedure` gives a procedure. */
type WorkspaceContext = {
  caller: { user: { id: string } };
  inWorkspace<TResult>(work: (transaction: Transaction) => Promise<TResult>): Promise<TResult>;
};

/**
 * Changes the draft and, where the workspace publishes automatically, publishes it in the same transaction. A draft with
 * problems is saved all the same, so that somebody who mends several routes one by one loses nothing; the publication
 * says what is in force. `note` is what the history shows of the change.
 */
export async function changeDraft<TResult>(
  ctx: WorkspaceContext,
  workspace_id: string,
  change: (transaction: Transaction) => Promise<{ result: TResult; note: string }>,
): Promise<{ result: TResult; publication: Publication }> {
  return ctx.inWorkspace(async (transaction) => {
    const mode = await requireDraft(transaction, workspace_id);
    const { result, note } = await change(transaction);
    const publisher = { workspace_id, user_id: ctx.caller.user.id, note };
    return { result, publication: await publishDraft(transaction, publisher, { mode }) };
  });
}
