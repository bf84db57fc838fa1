import { apiKeysRouter } from "./procedures/api-keys.ts";
import { auditRouter } from "./procedures/audit.ts";
import { authRouter } from "./procedures/auth.ts";
import { router } from "./procedures/base.ts";
import { budgetsRouter } from "./procedures/budgets.ts";
import { configRouter } from "./procedures/config.ts";
import { logsRouter } from "./procedures/logs.ts";
import { membersRouter } from "./procedures/members.ts";
import { modelsRouter } from "./procedures/models.ts";
import { policiesRouter } from "./procedures/policies.ts";
import { providersRouter } from "./procedures/providers.ts";
import { quotasRouter } from "./procedures/quotas.ts";
import { routesRouter } from "./procedures/routes.ts";
import { usageRouter } from "./procedures/usage.ts";
import { workspacesRouter } from "./procedures/workspaces.ts";

/** Every procedure of the control plane: the only way to change its state. */
export const appRouter = router({
  auth: authRouter,
  workspaces: workspacesRouter,
  members: membersRouter,
  providers: providersRouter,
  apiKeys: apiKeysRouter,
  routes: routesRouter,
  policies: policiesRouter,
  config: configRouter,
  logs: logsRouter,
  usage: usageRouter,
  audit: auditRouter,
  models: modelsRouter,
  quotas: quotasRouter,
  budgets: budgetsRouter,
});

/** What the client package takes its types from. */
export type AppRouter = typeof appRouter;
