import { z } from "zod";
import { policyConfigSchema } from "../routing.ts";
import { idSchema, removedOutput, timestampSchema, workspaceInput } from "./common.ts";
import { publicationSchema } from "./config.ts";

const { policy_id: _id, ...policyFields } = policyConfigSchema.shape;

/** A policy of the draft. Null leaves the installation's rule in force. */
export const policySchema = z.strictObject({
  id: idSchema,
  ...policyFields,
  created_at: timestampSchema,
  updated_at: timestampSchema,
});
export type Policy = z.infer<typeof policySchema>;

/** `publication` says whether the change is in force. */
export const changedPolicySchema = policySchema.extend({ publication: publicationSchema });

const policyInput = workspaceInput.extend({ policy_id: idSchema });

export const listPoliciesInput = workspaceInput;
export const listPoliciesOutput = z.strictObject({ items: z.array(policySchema) });

export const createPolicyInput = workspaceInput.extend({
  name: policyFields.name,
  timeouts: policyFields.timeouts.default({}),
  max_attempts: policyFields.max_attempts.default(null),
  max_output_tokens: policyFields.max_output_tokens.default(null),
  stickiness: policyFields.stickiness.default("off"),
});

/** An absent field keeps its value; `timeouts` is replaced as a whole. */
export const updatePolicyInput = policyInput.extend(z.strictObject(policyFields).partial().shape);

export const deletePolicyInput = policyInput;
export const deletePolicyOutput = removedOutput.extend({ publication: publicationSchema });
