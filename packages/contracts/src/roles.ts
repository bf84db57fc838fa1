import { z } from "zod";

/** Membership roles of a workspace, weakest first; a role holds every right of the roles before it. */
export const roles = ["viewer", "member", "admin", "owner"] as const;
export const roleSchema = z.enum(roles);
export type Role = (typeof roles)[number];

/** Scopes of an API key. `gateway` is what a client application needs to call the data plane. */
export const apiKeyScopes = ["gateway", "reports:read", "reports:write", "automations:run"] as const;
export const apiKeyScopeSchema = z.enum(apiKeyScopes);
export type ApiKeyScope = (typeof apiKeyScopes)[number];
