import { eq } from "drizzle-orm";
import { workspaceProfiles } from "../../schema/workspaces.ts";
import type { Transaction } from "../../workspace-transaction.ts";

const profileColumns = {
  kind: workspaceProfiles.kind,
  specialty: workspaceProfiles.specialty,
  description: workspaceProfiles.description,
  mission: workspaceProfiles.mission,
  contact: workspaceProfiles.contact,
  working_hours: workspaceProfiles.working_hours,
  persona: workspaceProfiles.persona,
};

export type WorkspaceProfileRow = Pick<typeof workspaceProfiles.$inferSelect, keyof typeof profileColumns>;

/** Null when nobody has filled in the profile. */
export async function findWorkspaceProfile(
  transaction: Transaction,
  workspaceId: string,
): Promise<WorkspaceProfileRow | null> {
  const [row] = await transaction
    .select(profileColumns)
    .from(workspaceProfiles)
    .where(eq(workspaceProfiles.workspace_id, workspaceId));
  return row ?? null;
}

/** Sets the named fields, and makes the profile when there is none. */
export async function upsertWorkspaceProfile(
  transaction: Transaction,
  workspaceId: string,
  changes: { [TField in keyof WorkspaceProfileRow]?: WorkspaceProfileRow[TField] | undefined },
): Promise<WorkspaceProfileRow> {
  const [row] = await transaction
    .insert(workspaceProfiles)
    .values({ workspace_id: workspaceId, ...changes })
    .onConflictDoUpdate({
      target: workspaceProfiles.workspace_id,
      set: { ...changes, updated_at: new Date() },
    })
    .returning(profileColumns);
  if (row === undefined) throw new TypeError("The upsert of a profile returned no row.");
  return row;
}
