import type { ConfigState, ConfigVersion } from "@perpetuo/contracts/api/config";
import { expect } from "vitest";
import { signUp } from "../harness/control-api.ts";
import { runDocumentedCommands } from "../harness/documented-commands.ts";
import type { Stack } from "../harness/stack.ts";

/** Runs the commands of docs/routing.md as written, but for the address of the control API, and looks at what they did. */
export async function checkTheDocumentedCommands(stack: Stack): Promise<void> {
  const user = await signUp(stack.controlUrl);
  await user.post("/providers", { provider: "openai", api_key: "sk-proj-0123456789abcdef" });
  const section = { file: "docs/routing.md", heading: "## Publishing" };
  const stdout = await runDocumentedCommands(section, { stack, user });
  expect(stdout).toMatch(/^published$/m);
  expect(stdout).not.toContain('"success":false');
  const { items } = await user.get<{ items: ConfigVersion[] }>("/config/versions");
  expect(items.map(({ version, note }) => [version, note])).toEqual([
    [4, "Rollback to 2."],
    [3, "Spread the load"],
    [2, 'Route "Chat" created.'],
    [1, expect.any(String)],
  ]);
  expect(await user.get<ConfigState>("/config")).toMatchObject({
    publishing: "manual",
    unpublished: { routes: [] },
  });
}
