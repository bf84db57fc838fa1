import { z } from "zod";
import { emailSchema, emptyOutput, idSchema, textSchema, timestampSchema } from "./common.ts";
import { workspaceSchema } from "./workspaces.ts";

/** 8 to 256 characters, no rule of composition: length and the list of common passwords decide. */
const newPasswordSchema = z.string().min(8).max(256);

/** A password as typed at log-in. The bound only keeps hashing cheap. */
const passwordSchema = z.string().min(1).max(256);

export const userSchema = z.strictObject({
  id: idSchema,
  email: z.string(),
  name: z.string(),
  created_at: timestampSchema,
});
export type User = z.infer<typeof userSchema>;

/** A session of the caller. `id` is the SHA-256 of its token, so it names the session and cannot be used as one. */
export const sessionSchema = z.strictObject({
  id: z.string(),
  current: z.boolean(),
  ip: z.string().nullable(),
  user_agent: z.string().nullable(),
  created_at: timestampSchema,
  expires_at: timestampSchema,
});
export type Session = z.infer<typeof sessionSchema>;

/** A bearer token for the API. A browser gets the same token as an HttpOnly cookie. */
const tokenSchema = z.string();

export const signUpInput = z.strictObject({
  email: emailSchema,
  password: newPasswordSchema,
  name: textSchema(100),
});

/** `api_key` is shown here and never again. */
export const signUpOutput = z.strictObject({
  user: userSchema,
  token: tokenSchema,
  workspace: workspaceSchema,
  api_key: z.string(),
});

export const logInInput = z.strictObject({ email: emailSchema, password: passwordSchema });

/** `workspace` is the one the caller joined first; null when there is none. */
export const logInOutput = z.strictObject({
  user: userSchema,
  token: tokenSchema,
  workspace: workspaceSchema.nullable(),
});

export const logOutOutput = emptyOutput;

export const meOutput = z.strictObject({
  user: userSchema,
  session: sessionSchema,
  workspaces: z.array(workspaceSchema),
  /** The gateway's base URL for OpenAI-compatible clients, ending in `/v1`. */
  gateway_url: z.string(),
});

export const changePasswordInput = z.strictObject({
  current_password: passwordSchema,
  new_password: newPasswordSchema,
});

/** Every session of the user ends; `token` belongs to the new one. */
export const changePasswordOutput = z.strictObject({ token: tokenSchema });

export const listSessionsOutput = z.strictObject({ items: z.array(sessionSchema) });

export const revokeSessionInput = z.strictObject({
  session_id: z.string().regex(/^[0-9a-f]{64}$/, "is the id of a session from the list"),
});
export const revokeSessionOutput = emptyOutput;

export const requestPasswordResetInput = z.strictObject({ email: emailSchema });
/** The same whether or not there is such an account. */
export const requestPasswordResetOutput = emptyOutput;

export const resetPasswordInput = z.strictObject({
  /** What follows `#token=` in the link. */
  token: z.string().min(1).max(200),
  new_password: newPasswordSchema,
});
/** Every session of the user has ended: log in with the new password. */
export const resetPasswordOutput = emptyOutput;
