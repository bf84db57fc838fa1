import { workspaceInput } from "@perpetuo/contracts/api/common";
import { PerpetuoError } from "@perpetuo/contracts/errors";
import type { Role } from "@perpetuo/contracts/roles";
import { findRole } from "@perpetuo/database/queries/control/memberships";
import { asUser, inWorkspace, type Transaction } from "@perpetuo/database/workspace-transaction";
import { type Permission, roleAllows } from "@perpetuo/security/permissions";
import { initTRPC } from "@trpc/server";
import { z } from "zod";
import type { RequestContext } from "../context.ts";
import { requestIdOf, rpcCodeOf, toPerpetuoError, toPublicError } from "../errors.ts";

/** `streams`: the schema of each item that a procedure yields, in the place of an output. */
export type ProcedureMeta = { streams?: z.ZodType };

const trpc = initTRPC
  .context<RequestContext>()
  .meta<ProcedureMeta>()
  .create({
    // Stack traces are for the log.
    isDev: false,
    // Proxies between drop what is silent for a minute, and a client notices a dead connection by the silence.
    sse: {
      ping: { enabled: true, intervalMs: 10_000 },
      client: { reconnectAfterInactivityMs: 30_000 },
    },
    errorFormatter({ error, ctx, path }) {
      const known = toPerpetuoError(error);
      const { message, ...rest } = toPublicError(known, ctx?.request_id ?? requestIdOf(error));
      return {
        code: rpcCodeOf(known),
        message,
        data: { ...rest, path: path ?? null, httpStatus: known.definition.status },
      };
    },
  });

export const router = trpc.router;
export const createCallerFactory = trpc.createCallerFactory;

/**
 * For everybody. A call that changes state must come from an allowed origin, on whichever surface it arrives.
 * The input of every procedure is a strict schema.
 */
export const publicProcedure = trpc.procedure.use(({ ctx, type, next }) => {
  const readiness = ctx.services.readiness.known();
  if (readiness.kind === "not-ready") throw new PerpetuoError("not_ready", { internal: readiness.reason });
  if (type === "mutation" && ctx.origin.kind === "refused") {
    throw new PerpetuoError("csrf_rejected", { message: ctx.origin.reason });
  }
  return next();
});

/** For whoever has logged in: adds `caller`. */
export const sessionProcedure = publicProcedure.use(async ({ ctx, next }) => {
  const caller = await ctx.authenticate();
  /** Runs work in a transaction that sees what belongs to the user. */
  const asCaller = <TResult>(work: (transaction: Transaction) => Promise<TResult>): Promise<TResult> =>
    asUser(ctx.services.database, { user_id: caller.user.id, ...auditOrigin(ctx) }, work);
  return next({ ctx: { caller, asCaller } });
});

/**
 * For members of the workspace that the input names whose role holds the permission: adds `role`, `stillAllowed` and
 * `inWorkspace`.
 * The role is read for every call, so that a change of it holds at once. A workspace that the caller does not belong
 * to is not found, whether or not it exists. The full, strict input is added by the procedure itself; what it
 * holds is looked at only after the rights have been checked.
 */
export function workspaceProcedure(permission: Permission) {
  return sessionProcedure.input(z.object(workspaceInput.shape)).use(async ({ ctx, input, next }) => {
    const { workspace_id } = input;
    const user_id = ctx.caller.user.id;
    const readRole = async (): Promise<Role> => {
      const role = await ctx.asCaller((transaction) => findRole(transaction, { workspace_id, user_id }));
      if (role === null) throw new PerpetuoError("not_found", { message: "There is no such workspace." });
      ctx.nameWorkspace(workspace_id);
      if (!roleAllows(role, permission)) throw new PerpetuoError("forbidden");
      return role;
    };
    const role = await readRole();
    /** Checks session and role once more, for a call that lasts. @throws {PerpetuoError} as at its start. */
    const stillAllowed = async (): Promise<void> => {
      const verdict = await ctx.services.sessions.validate(ctx.caller.token);
      if (verdict.kind === "invalid") throw new PerpetuoError("unauthenticated");
      await readRole();
    };
    /** Runs work in a transaction that sees this workspace's rows, and no other's. */
    const runInWorkspace = <TResult>(
      work: (transaction: Transaction) => Promise<TResult>,
    ): Promise<TResult> =>
      inWorkspace(ctx.services.database, { workspace_id, user_id, ...auditOrigin(ctx) }, work);
    return next({ ctx: { role, stillAllowed, inWorkspace: runInWorkspace } });
  });
}

/** Where a change came from, for the audit log. */
export function auditOrigin(ctx: RequestContext): { ip: string; user_agent: string | undefined } {
  return { ip: ctx.ip, user_agent: ctx.user_agent ?? undefined };
}
