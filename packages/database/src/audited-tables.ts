/**
 * Which tables leave a trail in `audit_logs`, and why the others do not. The triggers themselves are in the migrations;
 * a test compares them with this list and makes every new table take a side.
 */
export const auditedTables = [
  "api_keys",
  "config_versions",
  "data_keys",
  "invites",
  "memberships",
  "model_price_overrides",
  "policies",
  "provider_keys",
  "routes",
  "users",
  "workspace_profiles",
  "workspaces",
] as const;

/** Tables without a trail, each with its reason. */
export const unauditedTables: Record<string, string> = {
  api_key_usage: "observed by the proxy",
  audit_logs: "the trail itself",
  auth_throttle: "counted, not decided by a person",
  log_batches: "written by settlement",
  model_prices: "seeded with the release; the migration is its history",
  password_resets: "asked for by anybody; the change of the password is one of users",
  provider_key_health: "observed by the proxy",
  request_log_metadata: "written by settlement",
  request_logs: "written by settlement",
  sessions: "renewed by every use; a log-in is a row of its own with address and browser",
  usage_counters: "written by settlement",
  usage_hourly: "written by settlement",
};
