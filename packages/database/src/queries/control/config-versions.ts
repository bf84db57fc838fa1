import type { ConfigSnapshot } from "@perpetuo/contracts/routing";
import { and, desc, eq, lt } from "drizzle-orm";
import { users } from "../../schema/accounts.ts";
import { configVersions } from "../../schema/config-versions.ts";
import type { Transaction } from "../../workspace-transaction.ts";

/** A published version; `published_by` is null when nobody is known to have published it. */
export type ConfigVersionRow = {
  version: number;
  checksum: string;
  published_by: { id: string; name: string } | null;
  published_at: Date;
  note: string | null;
};

/** A version with what it holds, exactly as stored. */
export type StoredConfigVersion = ConfigVersionRow & { snapshot: ConfigSnapshot };

const shownColumns = {
  version: configVersions.version,
  checksum: configVersions.checksum,
  published_by: { id: users.id, name: users.name },
  published_at: configVersions.published_at,
  note: configVersions.note,
};

const publisher = eq(users.id, configVersions.published_by);

/** The version in force; null when nothing was ever published. */
export async function findLatestConfigVersion(
  transaction: Transaction,
  workspaceId: string,
): Promise<StoredConfigVersion | null> {
  const [row] = await transaction
    .select({ ...shownColumns, snapshot: configVersions.snapshot })
    .from(configVersions)
    .leftJoin(users, publisher)
    .where(eq(configVersions.workspace_id, workspaceId))
    .orderBy(desc(configVersions.version))
    .limit(1);
  return row ?? null;
}

export async function findConfigVersion(
  transaction: Transaction,
  { workspace_id, version }: { workspace_id: string; version: number },
): Promise<StoredConfigVersion | null> {
  const [row] = await transaction
    .select({ ...shownColumns, snapshot: configVersions.snapshot })
    .from(configVersions)
    .leftJoin(users, publisher)
    .where(and(eq(configVersions.workspace_id, workspace_id), eq(configVersions.version, version)));
  return row ?? null;
}

/** Newest first, from before the version `before` on; `limit` of them. */
export async function listConfigVersions(
  transaction: Transaction,
  { workspace_id, before, limit }: { workspace_id: string; before: number | undefined; limit: number },
): Promise<ConfigVersionRow[]> {
  return transaction
    .select(shownColumns)
    .from(configVersions)
    .leftJoin(users, publisher)
    .where(
      and(
        eq(configVersions.workspace_id, workspace_id),
        before === undefined ? undefined : lt(configVersions.version, before),
      ),
    )
    .orderBy(desc(configVersions.version))
    .limit(limit);
}

/** Adds a version, which is in force from the commit on. @throws the driver's unique violation when it exists. */
export async function insertConfigVersion(
  transaction: Transaction,
  version: {
    workspace_id: string;
    version: number;
    snapshot: ConfigSnapshot;
    /** SHA-256 (hex) of the snapshot's canonical text. */
    checksum: string;
    published_by: string;
    note: string | null;
  },
): Promise<void> {
  await transaction.insert(configVersions).values(version);
}
