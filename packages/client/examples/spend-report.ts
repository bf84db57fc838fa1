/**
 * A command-line program with the vanilla client: logs in, then prints what each model cost in the last week.
 * Give it the control API's origin, an e-mail address and a password.
 */
import { readClientError } from "../src/errors.ts";
import { createPerpetuoClient } from "../src/vanilla.ts";

export type Account = { baseUrl: string; email: string; password: string };

/** One line for each model, the most expensive first. */
export async function spendReport({ baseUrl, email, password }: Account): Promise<string[]> {
  let token: string | null = null;
  const client = createPerpetuoClient({ baseUrl, credentials: { kind: "bearer", token: () => token } });

  const session = await client.auth.logIn.mutate({ email, password });
  token = session.token;
  if (session.workspace === null) return ["This account belongs to no workspace."];

  const usage = await client.usage.byModel.query({ workspace_id: session.workspace.id, days: 7 });
  return usage.items
    .toSorted((a, b) => b.cost_usd - a.cost_usd)
    .map((item) => `${item.model ?? "no model"}: ${item.requests} requests, $${item.cost_usd.toFixed(6)}`);
}

/** A failure as a person can act on it: the code says what, the request id finds it in control's logs. */
export function explainFailure(error: unknown): string {
  const failure = readClientError(error);
  switch (failure.kind) {
    case "answered":
      return failure.code === "invalid_credentials"
        ? "Check the e-mail address and the password."
        : `${failure.message} (${failure.code}, request ${failure.request_id})`;
    case "unreachable":
      return "The control API cannot be reached.";
    case "unexpected":
      return failure.message;
  }
}
