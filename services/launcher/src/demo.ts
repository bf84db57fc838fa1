import { randomBytes } from "node:crypto";
import path from "node:path";
import { z } from "zod";
import { callControl, requireData } from "./control-api.ts";
import { readStateFile, writeStateFile } from "./state-files.ts";

/** What `demo.json` keeps of the demo workspace, readable by the owner of the data folder alone. */
const demoSchema = z.strictObject({
  email: z.string(),
  password: z.string(),
  token: z.string(),
  workspace_id: z.string(),
  api_key: z.string(),
});

/** How to log in to the demo workspace and call the gateway with it. */
export type Demo = z.infer<typeof demoSchema>;

type Place = { controlUrl: string; dataDir: string };

const signUpSchema = z.object({
  token: z.string(),
  workspace: z.object({ id: z.string() }),
  api_key: z.string(),
});
const logInSchema = z.object({ token: z.string() });
const itemsSchema = z.object({ items: z.array(z.record(z.string(), z.unknown())) });

/**
 * Makes sure that the demo workspace exists, has a provider key for the mock provider and a working API key. It goes
 * through control's public API, as any user would; what is there already stays.
 */
export async function prepareDemo(place: Place): Promise<Demo> {
  const stored = demoSchema.safeParse(readStateFile(demoFile(place)).value);
  const demo = (stored.success ? await resume(place, stored.data) : null) ?? (await signUp(place));
  writeStateFile(demoFile(place), demo);
  await ensureMockProvider(place, demo);
  const current = await ensureApiKey(place, demo);
  writeStateFile(demoFile(place), current);
  return current;
}

function demoFile({ dataDir }: Place): string {
  return path.join(dataDir, "demo.json");
}

/** The stored account with a session that works, or null when this database does not know it. */
async function resume({ controlUrl }: Place, demo: Demo): Promise<Demo | null> {
  const workspace = { method: "GET", path: `/workspaces/${demo.workspace_id}` } as const;
  const me = await callControl(controlUrl, { ...workspace, token: demo.token });
  if (me.kind === "ok") return demo;
  const { email, password } = demo;
  const logIn = await callControl(controlUrl, {
    method: "POST",
    path: "/auth/login",
    body: { email, password },
  });
  if (logIn.kind === "refused") return null;
  const { token } = logInSchema.parse(logIn.data);
  const again = await callControl(controlUrl, { ...workspace, token });
  return again.kind === "ok" ? { ...demo, token } : null;
}

/** The address is random after the first, because a database may know a demo account whose password is lost. */
async function signUp({ controlUrl }: Place): Promise<Demo> {
  const password = randomBytes(12).toString("base64url");
  for (const email of ["demo@example.com", `demo-${randomBytes(4).toString("hex")}@example.com`]) {
    const body = { email, password, name: "Demo" };
    const answer = await callControl(controlUrl, { method: "POST", path: "/auth/signup", body });
    if (answer.kind === "ok") {
      const { token, workspace, api_key } = signUpSchema.parse(answer.data);
      return { email, password, token, workspace_id: workspace.id, api_key };
    }
    if (answer.code !== "email_taken") throw new Error(`The demo account was refused: ${answer.message}`);
  }
  throw new Error("Two demo addresses in a row are taken.");
}

async function ensureMockProvider({ controlUrl }: Place, { workspace_id, token }: Demo): Promise<void> {
  const path = `/workspaces/${workspace_id}/providers`;
  const { items } = itemsSchema.parse(await requireData(controlUrl, { method: "GET", path, token }));
  if (items.some((item) => item["provider"] === "mock")) return;
  // The mock provider takes any credential; this one says what it is where the console shows its last characters.
  const body = { provider: "mock", name: "Mock provider", api_key: "mock-demo-key", priority: 1 };
  await requireData(controlUrl, { method: "POST", path, token, body });
}

/** Replaces the demo's API key when someone has revoked or deleted it. */
async function ensureApiKey({ controlUrl }: Place, demo: Demo): Promise<Demo> {
  const { workspace_id, token, api_key } = demo;
  const path = `/workspaces/${workspace_id}/api-keys`;
  const { items } = itemsSchema.parse(await requireData(controlUrl, { method: "GET", path, token }));
  const works = items.some(
    ({ prefix, revoked_at }) =>
      typeof prefix === "string" && api_key.startsWith(prefix) && revoked_at === null,
  );
  if (works) return demo;
  const created = await requireData(controlUrl, { method: "POST", path, token, body: { name: "Demo" } });
  return { ...demo, api_key: z.object({ api_key: z.string() }).parse(created).api_key };
}
