import {
  changePasswordInput,
  changePasswordOutput,
  listSessionsOutput,
  logInInput,
  logInOutput,
  logOutOutput,
  meOutput,
  requestPasswordResetInput,
  requestPasswordResetOutput,
  resetPasswordInput,
  resetPasswordOutput,
  revokeSessionInput,
  revokeSessionOutput,
  signUpInput,
  signUpOutput,
} from "@perpetuo/contracts/api/auth";
import { PerpetuoError } from "@perpetuo/contracts/errors";
import { removePasswordResets } from "@perpetuo/database/queries/control/password-resets";
import { removeSessionOfUser } from "@perpetuo/database/queries/control/sessions";
import {
  findPasswordHash,
  findUserForLogIn,
  holdPasswordHash,
  insertUser,
  updatePasswordHash,
} from "@perpetuo/database/queries/control/users";
import { listWorkspacesOfUser } from "@perpetuo/database/queries/control/workspaces";
import { asUser, inWorkspace } from "@perpetuo/database/workspace-transaction";
import { uuidv7 } from "@perpetuo/runtime/uuidv7";
import { refuseCommonPassword } from "../auth/passwords.ts";
import { setForgottenPassword } from "../auth/set-forgotten-password.ts";
import type { RequestContext } from "../context.ts";
import { createWorkspace, issueApiKey } from "../workspace-creation.ts";
import { auditOrigin, publicProcedure, router, sessionProcedure } from "./base.ts";
import { presentSession, presentUser, presentWorkspace } from "./present.ts";

const firstWorkspaceName = "Default Workspace";
const firstApiKeyName = "First key";

export const authRouter = router({
  signUp: publicProcedure
    .input(signUpInput)
    .output(signUpOutput)
    .mutation(async ({ ctx, input }) => {
      const { throttle, passwords } = ctx.services;
      await throttle.signUp(ctx.ip);
      refuseCommonPassword(input.password, input.email);
      const password_hash = await passwords.hash(input.password);
      const account = await createAccount(ctx, { email: input.email, name: input.name, password_hash });
      const token = await startSession(ctx, account.user.id);
      return { ...account, token };
    }),

  logIn: publicProcedure
    .input(logInInput)
    .output(logInOutput)
    .mutation(async ({ ctx, input }) => {
      const { database, throttle, passwords, sessions } = ctx.services;
      await throttle.logIn(ctx.ip, input.email);
      const user = await findUserForLogIn(database, input.email);
      const verdict = await passwords.verify(user?.password_hash ?? null, input.password);
      if (user === null || verdict.kind === "mismatch") throw new PerpetuoError("invalid_credentials");
      await throttle.loggedIn(input.email);
      await endPresentedSession(ctx);
      const token = await startSession(ctx, user.id);
      const workspaces = await asUser(database, { user_id: user.id }, async (transaction) => {
        const held = await holdPasswordHash(transaction, user);
        return held === null ? null : listWorkspacesOfUser(transaction, user.id);
      });
      // Whoever changed the password meanwhile ended all sessions that there were, and this one was not yet.
      if (workspaces === null) {
        await sessions.end(token);
        ctx.setCookie(sessions.blankCookie());
        throw new PerpetuoError("invalid_credentials");
      }
      const [first] = workspaces;
      return {
        user: presentUser(user),
        token,
        workspace: first === undefined ? null : presentWorkspace(first, first.role),
      };
    }),

  logOut: sessionProcedure.output(logOutOutput).mutation(async ({ ctx }) => {
    await ctx.services.sessions.end(ctx.caller.token);
    ctx.setCookie(ctx.services.sessions.blankCookie());
    return {};
  }),

  me: sessionProcedure.output(meOutput).query(async ({ ctx }) => {
    const { user, session } = ctx.caller;
    const workspaces = await ctx.asCaller((transaction) => listWorkspacesOfUser(transaction, user.id));
    return {
      user: presentUser(user),
      session: presentSession(session, session.id),
      workspaces: workspaces.map((workspace) => presentWorkspace(workspace, workspace.role)),
      gateway_url: ctx.services.gatewayUrl,
    };
  }),

  changePassword: sessionProcedure
    .input(changePasswordInput)
    .output(changePasswordOutput)
    .mutation(async ({ ctx, input }) => {
      const { throttle, passwords, sessions } = ctx.services;
      const { user } = ctx.caller;
      // A stolen session must not be a way to guess the password.
      await throttle.logIn(ctx.ip, user.email);
      const present = await ctx.asCaller((transaction) => findPasswordHash(transaction, user.id));
      const verdict = await passwords.verify(present, input.current_password);
      if (verdict.kind === "mismatch") {
        throw new PerpetuoError("invalid_credentials", { message: "The current password is wrong." });
      }
      refuseCommonPassword(input.new_password, user.email);
      const password_hash = await passwords.hash(input.new_password);
      await ctx.asCaller(async (transaction) => {
        await updatePasswordHash(transaction, { id: user.id, password_hash });
        await removePasswordResets(transaction, user.id);
      });
      await sessions.endAll(user.id);
      return { token: await startSession(ctx, user.id) };
    }),

  requestPasswordReset: publicProcedure
    .input(requestPasswordResetInput)
    .output(requestPasswordResetOutput)
    .mutation(async ({ ctx, input: { email } }) => {
      await ctx.services.throttle.requestReset(ctx.ip, email);
      ctx.services.resetRequests.take(email);
      return {};
    }),

  resetPassword: publicProcedure
    .input(resetPasswordInput)
    .output(resetPasswordOutput)
    .mutation(async ({ ctx, input }) => {
      await ctx.services.throttle.useReset(ctx.ip);
      await setForgottenPassword(ctx.services, input, auditOrigin(ctx));
      return {};
    }),

  listSessions: sessionProcedure.output(listSessionsOutput).query(async ({ ctx }) => {
    const { user, session } = ctx.caller;
    const records = await ctx.services.sessions.list(user.id);
    return { items: records.map((record) => presentSession(record, session.id)) };
  }),

  revokeSession: sessionProcedure
    .input(revokeSessionInput)
    .output(revokeSessionOutput)
    .mutation(async ({ ctx, input }) => {
      const outcome = await removeSessionOfUser(ctx.services.database, {
        id: input.session_id,
        user_id: ctx.caller.user.id,
      });
      if (outcome.kind === "not-found") {
        throw new PerpetuoError("not_found", { message: "There is no such session." });
      }
      return {};
    }),
});

/** Makes the user with a workspace, and an API key for it, all or nothing. */
async function createAccount(
  ctx: RequestContext,
  person: { email: string; name: string; password_hash: string },
) {
  const { database, keyring } = ctx.services;
  const user_id = uuidv7();
  const workspace_id = uuidv7();
  return inWorkspace(database, { workspace_id, user_id, ...auditOrigin(ctx) }, async (transaction) => {
    const user = await insertUser(transaction, { id: user_id, ...person });
    if (user === null) throw new PerpetuoError("email_taken", { param: "email" });
    const workspace = await createWorkspace(transaction, {
      workspace_id,
      user_id,
      name: firstWorkspaceName,
      keyring,
    });
    const { text } = await issueApiKey(transaction, {
      workspace_id,
      created_by: user_id,
      name: firstApiKeyName,
      scopes: ["gateway"],
      models: null,
      limits: {},
      expires_at: null,
    });
    return { user: presentUser(user), workspace: presentWorkspace(workspace, "owner"), api_key: text };
  });
}

/** Starts a session and hands it to a browser as a cookie as well. */
async function startSession(ctx: RequestContext, userId: string): Promise<string> {
  const { sessions } = ctx.services;
  const { token } = await sessions.start(userId, { ip: ctx.ip, user_agent: ctx.user_agent });
  ctx.setCookie(sessions.cookie(token));
  return token;
}

/** A log-in replaces the browser's session, so that one that was planted there is worth nothing. */
async function endPresentedSession(ctx: RequestContext): Promise<void> {
  if (ctx.credential.kind === "cookie") await ctx.services.sessions.end(ctx.credential.token);
}
