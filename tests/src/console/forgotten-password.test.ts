import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { repositoryRoot } from "../harness/service-process.ts";
import { openWindow } from "./browser.ts";
import { type ConsoleStack, newAccount, signUp, startConsoleStack } from "./console-stack.ts";

let system: ConsoleStack;

beforeAll(async () => {
  system = await startConsoleStack();
});
afterAll(() => system?.[Symbol.asyncDispose]());

/** The link that an operator prints where no mail server is configured, at the address that the window uses. */
async function printLink(email: string): Promise<string> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["services/control/src/reset-password.ts", email],
    {
      cwd: repositoryRoot,
      timeout: 30_000,
      env: { PATH: process.env["PATH"], CONTROL_DATABASE_URL: system.stack.postgres.controlUrl },
    },
  );
  const { pathname, hash } = new URL(/https?:\S+#token=\S+/.exec(stdout)?.[0] ?? "");
  return pathname + hash;
}

test("forgotten password · the operator's link sets a new one once, and the old sessions are over", async () => {
  await using window = await openWindow(system.browser, { baseURL: system.stack.controlUrl });
  await using other = await openWindow(system.browser, { baseURL: system.stack.controlUrl });
  const account = newAccount();
  const workspaceId = await signUp(other.page, account);
  const { page } = window;
  await page.goto("/app/login");
  await page.getByRole("link", { name: "Forgot your password?" }).click();
  await page.getByLabel("E-mail").fill(account.email);
  await page.getByRole("button", { name: "Send me a link" }).click();
  await page.getByText("Look into your mail").waitFor();

  const link = await printLink(account.email);
  await page.goto(link);
  await page.getByLabel("New password").fill("Quite-another-9");
  expect(page.url()).not.toContain("token");
  await page.getByRole("button", { name: "Set password" }).click();
  await page.waitForURL("**/app/login");
  await page.getByLabel("E-mail").fill(account.email);
  await page.getByLabel("Password", { exact: true }).fill("Quite-another-9");
  await page.getByRole("button", { name: "Log in" }).click();
  await page.waitForURL(`**/app/${workspaceId}/**`);

  await other.page.goto(`/app/${workspaceId}/requests`);
  await other.page.waitForURL("**/app/login**");
  await other.page.goto(link);
  await other.page.getByLabel("New password").fill("Yet-another-10");
  await other.page.getByRole("button", { name: "Set password" }).click();
  await other.page.getByRole("alert").waitFor();
  expect([...window.complaints, ...other.complaints]).toEqual([]);
});
