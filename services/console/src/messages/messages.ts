import { apiKeysMessages } from "./api-keys.ts";
import { auditMessages } from "./audit.ts";
import { authMessages } from "./auth.ts";
import { budgetsMessages } from "./budgets.ts";
import { commonMessages } from "./common.ts";
import { getStartedMessages } from "./get-started.ts";
import { overviewMessages } from "./overview.ts";
import { providersMessages } from "./providers.ts";
import { requestDetailMessages, requestsMessages } from "./requests.ts";
import { shellMessages } from "./shell.ts";
import { teamMessages } from "./team.ts";
import { usageMessages } from "./usage.ts";

/**
 * Every text of the console that a person reads. Components hold no literals, and texts with values are functions,
 * so that another language is another object of this type.
 */
export const messages = {
  common: commonMessages,
  shell: shellMessages,
  auth: authMessages,
  getStarted: getStartedMessages,
  overview: overviewMessages,
  usage: usageMessages,
  requests: requestsMessages,
  requestDetail: requestDetailMessages,
  providers: providersMessages,
  apiKeys: apiKeysMessages,
  budgets: budgetsMessages,
  team: teamMessages,
  audit: auditMessages,
};
