import {
  type ConfigState,
  configDiffSchema,
  configHistoryInput,
  configHistoryOutput,
  configStateInput,
  configStateSchema,
  diffConfigInput,
  getConfigInput,
  getConfigOutput,
  publicationSchema,
  publishConfigInput,
  rollbackConfigInput,
  rollbackConfigOutput,
  updateConfigInput,
  updateConfigOutput,
} from "@perpetuo/contracts/api/config";
import { listConfigVersions } from "@perpetuo/database/queries/control/config-versions";
import {
  findPublishingMode,
  holdProviderKeys,
  setPublishingMode,
} from "@perpetuo/database/queries/control/drafts";
import { listProviderKeys } from "@perpetuo/database/queries/control/provider-keys";
import type { Transaction } from "@perpetuo/database/workspace-transaction";
import { diffSnapshots } from "../publishing/diff-snapshots.ts";
import { compileDraft, readDraft } from "../publishing/draft.ts";
import {
  considerSnapshot,
  draftInvalid,
  publishCandidate,
  publishDraft,
  requireDraft,
} from "../publishing/publish.ts";
import { resetDraft } from "../publishing/rollback.ts";
import { openSnapshot, presentVersion, readSnapshot, requireVersion } from "../publishing/stored-version.ts";
import { router, workspaceProcedure } from "./base.ts";

export const configRouter = router({
  state: workspaceProcedure("config.list")
    .input(configStateInput)
    .output(configStateSchema)
    .query(({ ctx, input }) => ctx.inWorkspace((transaction) => readState(transaction, input.workspace_id))),

  update: workspaceProcedure("config.change")
    .input(updateConfigInput)
    .output(updateConfigOutput)
    .mutation(({ ctx, input: { workspace_id, publishing: mode } }) =>
      ctx.inWorkspace(async (transaction) => {
        await requireDraft(transaction, workspace_id);
        await setPublishingMode(transaction, workspace_id, mode);
        const note = "Published when publishing became automatic.";
        const publisher = { workspace_id, user_id: ctx.caller.user.id, note };
        const publication = await publishDraft(transaction, publisher, { mode });
        return { ...(await readState(transaction, workspace_id)), publication };
      }),
    ),

  publish: workspaceProcedure("config.change")
    .input(publishConfigInput)
    .output(publicationSchema)
    .mutation(async ({ ctx, input: { workspace_id, note, expected_checksum: expectedChecksum } }) => {
      const publication = await ctx.inWorkspace(async (transaction) => {
        await requireDraft(transaction, workspace_id);
        const publisher = { workspace_id, user_id: ctx.caller.user.id, note };
        return publishDraft(transaction, publisher, { mode: "automatic", expectedChecksum });
      });
      if (publication.kind === "blocked") throw draftInvalid(publication);
      return publication;
    }),

  history: workspaceProcedure("config.list")
    .input(configHistoryInput)
    .output(configHistoryOutput)
    .query(async ({ ctx, input: { workspace_id, before, limit } }) => {
      // One more than asked for tells whether there is another page.
      const rows = await ctx.inWorkspace((transaction) =>
        listConfigVersions(transaction, { workspace_id, before, limit: limit + 1 }),
      );
      const items = rows.slice(0, limit).map(presentVersion);
      return { items, next_before: rows.length > limit ? (items.at(-1)?.version ?? null) : null };
    }),

  get: workspaceProcedure("config.list")
    .input(getConfigInput)
    .output(getConfigOutput)
    .query(async ({ ctx, input }) => {
      const stored = await ctx.inWorkspace((transaction) => requireVersion(transaction, input));
      return { ...presentVersion(stored), snapshot: openSnapshot(stored) };
    }),

  diff: workspaceProcedure("config.list")
    .input(diffConfigInput)
    .output(configDiffSchema)
    .query(({ ctx, input: { workspace_id, from, to } }) =>
      ctx.inWorkspace(async (transaction) =>
        diffSnapshots(
          await readSnapshot(transaction, { workspace_id, reference: from }),
          await readSnapshot(transaction, { workspace_id, reference: to }),
        ),
      ),
    ),

  rollback: workspaceProcedure("config.change")
    .input(rollbackConfigInput)
    .output(rollbackConfigOutput)
    .mutation(({ ctx, input: { workspace_id, version, note } }) =>
      ctx.inWorkspace(async (transaction) => {
        await requireDraft(transaction, workspace_id);
        const snapshot = openSnapshot(await requireVersion(transaction, { workspace_id, version }));
        const keys = await holdProviderKeys(transaction, workspace_id);
        const candidate = await considerSnapshot(transaction, { workspace_id, snapshot }, keys);
        if (candidate.problems.length > 0) {
          throw draftInvalid(
            candidate,
            `Version ${version} has faults today, so it cannot be published again.`,
          );
        }
        const disabled = await resetDraft(transaction, { workspace_id, snapshot });
        const publisher = {
          workspace_id,
          user_id: ctx.caller.user.id,
          note: note ?? `Rollback to ${version}.`,
        };
        const publication = await publishCandidate(transaction, publisher, candidate);
        return { ...publication, disabled_routes: disabled.map(({ id, name }) => ({ id, name })) };
      }),
    ),
});

async function readState(transaction: Transaction, workspace_id: string): Promise<ConfigState> {
  const publishing = await findPublishingMode(transaction, workspace_id);
  const snapshot = compileDraft(await readDraft(transaction, workspace_id));
  const keys = await listProviderKeys(transaction, workspace_id);
  const candidate = await considerSnapshot(transaction, { workspace_id, snapshot }, keys);
  const { latest, checksum, problems, warnings } = candidate;
  const published = latest === null ? nothing : openSnapshot(latest);
  return {
    publishing: publishing ?? "automatic",
    published: latest === null ? null : presentVersion(latest),
    draft_checksum: checksum,
    unpublished: diffSnapshots(published, snapshot),
    problems,
    warnings,
  };
}

const nothing = { format: 1 as const, routes: [], policies: [] };
