import type { appRouter } from "../router.ts";

type ProcedureRecord = (typeof appRouter)["_def"]["record"];

/** `router.procedure`, for every procedure that there is. */
export type ProcedureName = {
  [TRouter in keyof ProcedureRecord & string]: `${TRouter}.${keyof ProcedureRecord[TRouter] & string}`;
}[keyof ProcedureRecord & string];

export type RestRoute = {
  method: "GET" | "POST" | "PUT" | "DELETE";
  /** Names in braces are fields of the procedure's input. */
  path: string;
  procedure: ProcedureName;
  /** Status of a success. */
  status: 200 | 201;
  summary: string;
  /** Absent: the envelope. */
  answer?: StreamedAnswer;
};

/** How a procedure that streams answers: its rows as a file, as the query's `format` asks, or as server-sent events. */
export type StreamedAnswer = { kind: "download"; fileName: string } | { kind: "events" };

const workspace = "/workspaces/{workspace_id}";
const member = `${workspace}/members/{user_id}`;
const provider = `${workspace}/providers/{provider_key_id}`;
const route = `${workspace}/routes/{route_id}`;
const policy = `${workspace}/policies/{policy_id}`;
const config = `${workspace}/config`;
const apiKey = `${workspace}/api-keys/{api_key_id}`;

/** Every procedure's place in the REST API; the handlers and the OpenAPI document are both made from this table. */
export const restRoutes: readonly RestRoute[] = [
  ...[
    post("/auth/signup", "auth.signUp", "Sign up: makes a user, a workspace and a first API key"),
    { ...post("/auth/login", "auth.logIn", "Log in"), status: 200 as const },
    { ...post("/auth/logout", "auth.logOut", "Log out: ends the session of the call"), status: 200 as const },
    get("/auth/me", "auth.me", "Who is calling, and in which workspaces"),
    put("/auth/password", "auth.changePassword", "Change the password: ends every session, starts a new one"),
    {
      ...post(
        "/auth/password-reset",
        "auth.requestPasswordReset",
        "Ask for a link to set a forgotten password",
      ),
      status: 200 as const,
    },
    {
      ...post(
        "/auth/password-reset/confirm",
        "auth.resetPassword",
        "Set a forgotten password with the link's token: ends every session",
      ),
      status: 200 as const,
    },
    get("/auth/sessions", "auth.listSessions", "List the caller's sessions"),
    remove("/auth/sessions/{session_id}", "auth.revokeSession", "End one of the caller's sessions"),
  ],
  ...[
    get("/workspaces", "workspaces.list", "List the caller's workspaces"),
    post("/workspaces", "workspaces.create", "Create a workspace"),
    get(workspace, "workspaces.get", "Read a workspace"),
    put(workspace, "workspaces.update", "Change a workspace's name, slug or limits"),
    remove(workspace, "workspaces.delete", "Delete a workspace: its API keys stop working at once"),
    get(`${workspace}/profile`, "workspaces.profile", "Read the workspace's profile"),
    put(`${workspace}/profile`, "workspaces.updateProfile", "Change the workspace's profile"),
  ],
  ...[
    get(`${workspace}/members`, "members.list", "List the members"),
    put(member, "members.changeRole", "Change a member's role"),
    remove(member, "members.remove", "Remove a member: their access ends at once"),
    { ...post(`${workspace}/leave`, "members.leave", "Leave the workspace"), status: 200 as const },
    get(`${workspace}/invites`, "members.listInvites", "List pending invitations"),
    post(`${workspace}/invites`, "members.invite", "Invite somebody by e-mail or by a link"),
    remove(`${workspace}/invites/{invite_id}`, "members.revokeInvite", "Revoke a pending invitation"),
    {
      ...post("/invites/preview", "members.previewInvite", "Read an invitation by its token"),
      status: 200 as const,
    },
    post("/invites/accept", "members.acceptInvite", "Accept an invitation: makes the caller a member"),
  ],
  ...[
    get(`${workspace}/providers`, "providers.list", "List provider keys, first choice first"),
    post(`${workspace}/providers`, "providers.add", "Add a provider key"),
    put(`${workspace}/providers/order`, "providers.reorder", "Put the provider keys in order"),
    put(provider, "providers.update", "Change a provider key"),
    remove(provider, "providers.remove", "Remove a provider key"),
    {
      ...post(`${provider}/test`, "providers.test", "Make one live call with a provider key"),
      status: 200 as const,
    },
  ],
  ...[
    get(`${workspace}/api-keys`, "apiKeys.list", "List API keys"),
    post(`${workspace}/api-keys`, "apiKeys.create", "Create an API key: the answer shows it once"),
    put(apiKey, "apiKeys.update", "Change an API key"),
    { ...post(`${apiKey}/revoke`, "apiKeys.revoke", "Revoke an API key"), status: 200 as const },
    post(`${apiKey}/rotate`, "apiKeys.rotate", "Replace an API key, with an overlap"),
    remove(apiKey, "apiKeys.delete", "Delete an API key"),
  ],
  ...[
    get(
      `${workspace}/routes`,
      "routes.list",
      "List the draft's routes in the order in which they are looked at",
    ),
    post(`${workspace}/routes`, "routes.create", "Create a route behind the others"),
    put(`${workspace}/routes/order`, "routes.reorder", "Put the routes in order"),
    {
      ...post(
        `${workspace}/routes/explain`,
        "routes.explain",
        "Say who would answer a request, and call nobody",
      ),
      status: 200 as const,
    },
    put(route, "routes.update", "Change a route"),
    remove(route, "routes.delete", "Delete a route"),
    get(`${workspace}/policies`, "policies.list", "List the draft's policies"),
    post(`${workspace}/policies`, "policies.create", "Create a policy that routes can name"),
    put(policy, "policies.update", "Change a policy"),
    remove(policy, "policies.delete", "Delete a policy that no route names"),
  ],
  ...[
    get(config, "config.state", "Read what is published, and what of the draft is not"),
    put(config, "config.update", "Choose whether changes are published at once or by hand"),
    { ...post(`${config}/publish`, "config.publish", "Publish the draft"), status: 200 as const },
    {
      ...post(`${config}/rollback`, "config.rollback", "Publish an earlier version again"),
      status: 200 as const,
    },
    get(`${config}/diff`, "config.diff", "Compare two versions, or one with the draft"),
    get(`${config}/versions`, "config.history", "List the published versions, newest first"),
    get(
      `${config}/versions/{version}`,
      "config.get",
      "Read a published version with its routes and policies",
    ),
  ],
  ...[
    get(`${workspace}/logs`, "logs.list", "List requests, newest first"),
    {
      ...get(`${workspace}/logs/export`, "logs.export", "Download requests as CSV or JSON"),
      answer: { kind: "download", fileName: "requests" } as const,
    },
    {
      ...get(`${workspace}/logs/tail`, "logs.tail", "Follow requests as they are recorded"),
      answer: { kind: "events" } as const,
    },
    get(`${workspace}/logs/{log_id}`, "logs.get", "Read one request with its attempts and plan"),
    get(`${workspace}/usage`, "usage.summary", "Totals of requests, tokens and cost"),
    get(`${workspace}/usage/by-provider`, "usage.byProvider", "Usage by provider"),
    get(`${workspace}/usage/by-model`, "usage.byModel", "Usage by model"),
    get(`${workspace}/usage/by-key`, "usage.byKey", "Usage by API key"),
    {
      ...get(`${workspace}/usage/export`, "usage.export", "Download usage by bucket, model and API key"),
      answer: { kind: "download", fileName: "usage" } as const,
    },
    get(`${workspace}/usage/series`, "usage.series", "One metric over time, by hour or day (UTC), in groups"),
  ],
  ...[
    get(`${workspace}/audit`, "audit.list", "List changes: who, when, before and after"),
    get(`${workspace}/models`, "models.list", "List the prices in force"),
    put(`${workspace}/models`, "models.override", "Set the workspace's own price of a model"),
    remove(`${workspace}/models`, "models.clearOverride", "Go back to the catalogue's price of a model"),
  ],
  ...[
    get(`${workspace}/quotas`, "quotas.get", "Read the quotas of the workspace or of an API key"),
    put(`${workspace}/quotas`, "quotas.set", "Set the quotas of the workspace or of an API key"),
    get(`${workspace}/quotas/status`, "quotas.status", "Quotas beside the traffic of the last minute"),
    get(`${workspace}/budgets`, "budgets.get", "Read the budgets of the workspace or of an API key"),
    put(`${workspace}/budgets`, "budgets.set", "Set the budgets of the workspace or of an API key"),
    get(
      `${workspace}/budgets/status`,
      "budgets.status",
      "Budgets beside what was spent today and this month",
    ),
  ],
];

function get(path: string, procedure: ProcedureName, summary: string): RestRoute {
  return { method: "GET", path, procedure, status: 200, summary };
}

function post(path: string, procedure: ProcedureName, summary: string): RestRoute {
  return { method: "POST", path, procedure, status: 201, summary };
}

function put(path: string, procedure: ProcedureName, summary: string): RestRoute {
  return { method: "PUT", path, procedure, status: 200, summary };
}

function remove(path: string, procedure: ProcedureName, summary: string): RestRoute {
  return { method: "DELETE", path, procedure, status: 200, summary };
}
