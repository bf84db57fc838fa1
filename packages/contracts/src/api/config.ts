import { z } from "zod";
import { configSnapshotSchema, publishingModes } from "../routing.ts";
import { idSchema, textSchema, timestampSchema, workspaceInput } from "./common.ts";

/**
 * Something to know about one field of a draft. `field` is a path such as `targets.1.provider_key_id`. `route_id` and
 * `policy_id` are null where the remark is not about one of them.
 */
export const draftRemarkSchema = z.strictObject({
  kind: z.enum([
    "invalid_value",
    "name_taken",
    "pattern_invalid",
    "policy_missing",
    "provider_key_missing",
    "provider_key_disabled",
    "target_repeated",
    "timeouts_inconsistent",
    "route_shadowed",
    "too_large",
  ]),
  route_id: idSchema.nullable(),
  policy_id: idSchema.nullable(),
  field: z.string(),
  /** A sentence that names the route or policy. */
  message: z.string(),
});
export type DraftRemark = z.infer<typeof draftRemarkSchema>;

/** A draft with problems is never published. One with warnings is, and does something else than its author may expect. */
const remarksFields = { problems: z.array(draftRemarkSchema), warnings: z.array(draftRemarkSchema) };
const versionSchema = z.int32().min(1);

/**
 * What became of a change to the draft. `version` is the version in force afterwards; null when nothing was ever
 * published. `published`: it is the new one. `unchanged`: the draft says what is published already. `waiting`: the
 * workspace publishes manually. `blocked`: the change is saved in the draft, whose problems keep it from being published.
 */
export const publicationSchema = z.strictObject({
  kind: z.enum(["published", "unchanged", "waiting", "blocked"]),
  version: versionSchema.nullable(),
  ...remarksFields,
});
export type Publication = z.infer<typeof publicationSchema>;

/** A published version, without its snapshot. `published_by` is null where nobody is known to have published it. */
export const configVersionSchema = z.strictObject({
  version: versionSchema,
  /** SHA-256 (hex) of the snapshot's canonical text. */
  checksum: z.string(),
  published_by: z.strictObject({ id: idSchema, name: z.string() }).nullable(),
  published_at: timestampSchema,
  note: z.string().nullable(),
});
export type ConfigVersion = z.infer<typeof configVersionSchema>;

/** A field that two configs say otherwise; null: it is absent. `position` is the place among the routes, from 1. */
const changedFieldSchema = z.strictObject({ field: z.string(), before: z.unknown(), after: z.unknown() });

const changeSchema = z.strictObject({
  kind: z.enum(["added", "removed", "changed"]),
  id: idSchema,
  /** The name after the change; of what was removed, the last one. */
  name: z.string(),
  /** Empty unless `changed`. */
  fields: z.array(changedFieldSchema),
});
export type ConfigChange = z.infer<typeof changeSchema>;

/** What differs between two configs. Both lists are empty when they are the same. */
export const configDiffSchema = z.strictObject({
  routes: z.array(changeSchema),
  policies: z.array(changeSchema),
});
export type ConfigDiff = z.infer<typeof configDiffSchema>;

export const configStateInput = workspaceInput;

/** What is published beside what the draft would publish. */
export const configStateSchema = z.strictObject({
  publishing: z.enum(publishingModes),
  /** Null when nothing was ever published. */
  published: configVersionSchema.nullable(),
  /** Of the draft as it stands; send it back as `expected_checksum` to publish this draft and no other. */
  draft_checksum: z.string(),
  /** From the published version to the draft: what publishing would change. */
  unpublished: configDiffSchema,
  ...remarksFields,
});
export type ConfigState = z.infer<typeof configStateSchema>;

/** Switching to `automatic` publishes what waits. */
export const updateConfigInput = workspaceInput.extend({ publishing: z.enum(publishingModes) });
export const updateConfigOutput = configStateSchema.extend({ publication: publicationSchema });

const noteSchema = textSchema(500).nullable().default(null);

/** With `expected_checksum`, a draft that somebody has changed since is not published: 409. */
export const publishConfigInput = workspaceInput.extend({
  note: noteSchema,
  expected_checksum: z.string().max(64).optional(),
});

/** Newest first. `before` is the `next_before` of the page before. */
export const configHistoryInput = workspaceInput.extend({
  before: versionSchema.optional(),
  limit: z.int().min(1).max(200).default(50),
});
export const configHistoryOutput = z.strictObject({
  items: z.array(configVersionSchema),
  next_before: versionSchema.nullable(),
});

export const getConfigInput = workspaceInput.extend({ version: versionSchema });
export const getConfigOutput = configVersionSchema.extend({ snapshot: configSnapshotSchema });

/** A published version, or the draft as it would be published. */
export const configReferenceSchema = z.union([versionSchema, z.literal("draft")]);
export type ConfigReference = z.infer<typeof configReferenceSchema>;

export const diffConfigInput = workspaceInput.extend({
  from: configReferenceSchema,
  to: configReferenceSchema,
});

/** Publishes the snapshot of an earlier version as a new one, and makes the draft say the same. */
export const rollbackConfigInput = workspaceInput.extend({ version: versionSchema, note: noteSchema });

/** `disabled_routes` are routes of the draft that the version does not have: they are kept, and disabled. */
export const rollbackConfigOutput = publicationSchema.extend({
  disabled_routes: z.array(z.strictObject({ id: idSchema, name: z.string() })),
});

/** A route that names something, such as a provider key. */
export const routeUseSchema = z.strictObject({
  route_id: idSchema,
  name: z.string(),
  /** Whether the published config names it, the draft, or both. */
  published: z.boolean(),
  draft: z.boolean(),
});
export type RouteUse = z.infer<typeof routeUseSchema>;
