import { existsSync } from "node:fs";
import path from "node:path";
import type { Browser, Page } from "playwright-core";
import { Cleanup } from "../harness/cleanup.ts";
import { repositoryRoot } from "../harness/service-process.ts";
import { type Stack, startStack } from "../harness/stack.ts";
import { launchBrowser } from "./browser.ts";

const builtConsole = path.join(repositoryRoot, "services/console/dist/index.html");

/** For polls of what the console reads again by itself every few seconds. */
export const soon = { timeout: 20_000 };

/** Perpetuo with its console, and a browser to look at it. */
export type ConsoleStack = AsyncDisposable & { stack: Stack; browser: Browser };

export async function startConsoleStack(): Promise<ConsoleStack> {
  if (!existsSync(builtConsole)) {
    throw new Error("The console is not built. Run `npm run build -w services/console` first.");
  }
  const cleanup = new Cleanup();
  try {
    const browser = await launchBrowser();
    cleanup.defer(() => browser.close());
    const stack = cleanup.use(await startStack({ control: true }));
    return { stack, browser, [Symbol.asyncDispose]: () => cleanup[Symbol.asyncDispose]() };
  } catch (error) {
    await cleanup[Symbol.asyncDispose]();
    throw error;
  }
}

export type Account = { name: string; email: string; password: string };

let accounts = 0;

export function newAccount(): Account {
  accounts += 1;
  return {
    name: "Ada Lovelace",
    email: `ada-${process.pid}-${accounts}@example.com`,
    password: "Correct-horse-7",
  };
}

/** Signs somebody up as a person does, and ends on Get started. Returns the workspace's id. */
export async function signUp(page: Page, account: Account): Promise<string> {
  await page.goto("/app/signup");
  await page.getByLabel("Name").fill(account.name);
  await page.getByLabel("E-mail").fill(account.email);
  await page.getByLabel("Password", { exact: true }).fill(account.password);
  await page.getByRole("button", { name: "Create account" }).click();
  await page.waitForURL("**/get-started");
  const [, workspaceId] = /\/app\/([0-9a-f-]{36})\//.exec(page.url()) ?? [];
  if (workspaceId === undefined) throw new Error(`No workspace in ${page.url()}`);
  return workspaceId;
}

/** Copies the curl snippet of Get started with its button. */
export async function copySnippet(page: Page): Promise<string> {
  await page.getByRole("button", { name: "Copy: snippet" }).click();
  await page.getByRole("button", { name: "Copied: snippet" }).waitFor();
  return (await page.evaluate("navigator.clipboard.readText()")) as string;
}
