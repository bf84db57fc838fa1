import { z } from "zod";
import { limitsSchema } from "../limits.ts";
import { roleSchema } from "../roles.ts";
import {
  idSchema,
  longTextSchema,
  removedOutput,
  textSchema,
  timestampSchema,
  workspaceInput,
} from "./common.ts";

/** The workspace's name in links: lower-case letters, digits and single hyphens. */
const slugSchema = z
  .string()
  .min(3)
  .max(63)
  .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, "use lower-case letters, digits and single hyphens");

/** A workspace as one of its members sees it; `role` is the caller's own. */
export const workspaceSchema = z.strictObject({
  id: idSchema,
  slug: z.string(),
  name: z.string(),
  role: roleSchema,
  limits: limitsSchema,
  created_at: timestampSchema,
});
export type Workspace = z.infer<typeof workspaceSchema>;

export const listWorkspacesOutput = z.strictObject({ items: z.array(workspaceSchema) });

export const createWorkspaceInput = z.strictObject({
  name: textSchema(100),
  slug: slugSchema.optional(),
});

export const getWorkspaceInput = workspaceInput;

export const updateWorkspaceInput = workspaceInput.extend({
  name: textSchema(100).optional(),
  slug: slugSchema.optional(),
  limits: limitsSchema.optional(),
});

export const deleteWorkspaceInput = workspaceInput;
export const deleteWorkspaceOutput = removedOutput;

/** How a workspace's customers reach it. */
const contactSchema = z.strictObject({
  phone: longTextSchema(50).optional(),
  email: z.email().max(254).optional(),
  address: longTextSchema(500).optional(),
  site: z
    .url({ protocol: /^https?$/ })
    .max(2048)
    .optional(),
});

/** How an assistant of this workspace should sound and act. */
const personaSchema = z.strictObject({
  personality: longTextSchema(4000).optional(),
  behaviour: longTextSchema(4000).optional(),
});

/** Opening hours by day of the week, as people write them: `09:00–17:00`. An absent day is closed or not known. */
const workingHoursSchema = z.strictObject({
  monday: longTextSchema(100).optional(),
  tuesday: longTextSchema(100).optional(),
  wednesday: longTextSchema(100).optional(),
  thursday: longTextSchema(100).optional(),
  friday: longTextSchema(100).optional(),
  saturday: longTextSchema(100).optional(),
  sunday: longTextSchema(100).optional(),
});

const profileFields = {
  kind: longTextSchema(100).nullable(),
  specialty: longTextSchema(200).nullable(),
  description: longTextSchema(4000).nullable(),
  mission: longTextSchema(2000).nullable(),
  contact: contactSchema,
  working_hours: workingHoursSchema,
  persona: personaSchema,
};

/** What an assistant of this workspace should know and be. Null: not filled in. */
export const workspaceProfileSchema = z.strictObject(profileFields);
export type WorkspaceProfile = z.infer<typeof workspaceProfileSchema>;

export const getWorkspaceProfileInput = workspaceInput;

/** An absent field keeps its value; null clears it. */
export const updateWorkspaceProfileInput = workspaceInput.extend(workspaceProfileSchema.partial().shape);
