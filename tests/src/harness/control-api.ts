/** A signed-up user's view of the control API. */
export type ControlUser = {
  token: string;
  workspaceId: string;
  /** The first API key, from the answer of the sign-up. */
  apiKey: string;
  get<TData>(path: string): Promise<TData>;
  post<TData>(path: string, body?: unknown): Promise<TData>;
  put<TData>(path: string, body: unknown): Promise<TData>;
};

export type CreatedApiKey = { id: string; api_key: string };

const password = "Password123!";

/** Signs up a new user. `path`s of the calls begin below the workspace: `/api-keys`. */
export async function signUp(controlUrl: string): Promise<ControlUser> {
  const email = `user-${crypto.randomUUID()}@example.com`;
  const body = { email, password, name: "Test User" };
  const { token, workspace, api_key } = await call<SignedUp>(`${controlUrl}/auth/signup`, {
    method: "POST",
    body,
  });
  const base = `${controlUrl}/workspaces/${workspace.id}`;
  return {
    token,
    workspaceId: workspace.id,
    apiKey: api_key,
    get: (path) => call(`${base}${path}`, { method: "GET", token }),
    post: (path, content = {}) => call(`${base}${path}`, { method: "POST", token, body: content }),
    put: (path, content) => call(`${base}${path}`, { method: "PUT", token, body: content }),
  };
}

type SignedUp = { token: string; workspace: { id: string }; api_key: string };
type Envelope =
  | { success: true; data: unknown }
  | { success: false; error: { code: string; message: string } };

async function call<TData>(
  url: string,
  options: { method: string; token?: string; body?: unknown },
): Promise<TData> {
  const answer = await fetch(url, {
    method: options.method,
    headers: {
      ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
      ...(options.body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
  });
  const envelope = (await answer.json()) as Envelope;
  if (!envelope.success) {
    throw new Error(
      `${options.method} ${url}: ${answer.status} ${envelope.error.code}: ${envelope.error.message}`,
    );
  }
  return envelope.data as TData;
}
