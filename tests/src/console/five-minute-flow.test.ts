import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openWindow } from "./browser.ts";
import {
  type ConsoleStack,
  copySnippet,
  newAccount,
  signUp,
  soon,
  startConsoleStack,
} from "./console-stack.ts";

const run = promisify(execFile);

/** Runs a snippet as a person would who pastes it into a shell. */
async function paste(snippet: string): Promise<string> {
  const { stdout } = await run("sh", ["-c", snippet]);
  return stdout;
}

let system: ConsoleStack;

beforeAll(async () => {
  system = await startConsoleStack();
});
afterAll(() => system?.[Symbol.asyncDispose]());

function open(options: { width?: number; colorScheme?: "light" | "dark" } = {}) {
  return openWindow(system.browser, { baseURL: system.stack.controlUrl, ...options });
}

describe("the five-minute flow in the console", () => {
  test("get started · from sign-up to the first logged request without a reload", async () => {
    await using window = await open();
    const { page, complaints } = window;
    await page.goto("/");
    await page.getByRole("link", { name: "Create an account" }).click();
    await signUp(page, newAccount());

    await page.getByRole("button", { name: "Use the mock provider" }).click();
    await page.getByText("Connected: Mock provider.").waitFor();
    await page.getByText("Listening for your first request…").waitFor();
    const snippet = await copySnippet(page);
    expect(snippet).toMatch(/Bearer pk_[0-9a-f]{48}'/);

    expect(await paste(snippet)).toContain("data: [DONE]");
    await page.getByText("Your first request landed").waitFor();
    await page.getByText("4 of 4 done").waitFor();

    await page.getByRole("link", { name: "Open it" }).click();
    const sheet = page.getByRole("dialog", { name: "Request" });
    await sheet.getByRole("heading", { name: "mock-model" }).waitFor();
    await sheet.getByText("200", { exact: true }).waitFor();
    await sheet.getByText(/^\$0\.0000\d+$/).waitFor();
    await page.keyboard.press("Escape");
    await sheet.waitFor({ state: "hidden" });
    await page.getByRole("row").filter({ hasText: "mock-model" }).waitFor();
    expect(complaints).toEqual([]);
  });

  test("requests · filters and page live in the URL", async () => {
    await using window = await open();
    const { page, complaints } = window;
    const workspaceId = await signUp(page, newAccount());
    await page.getByRole("button", { name: "Use the mock provider" }).click();
    await page.getByText("Connected: Mock provider.").waitFor();
    const snippet = await copySnippet(page);
    await paste(snippet);
    await paste(snippet.replace('"mock-model"', '"mock-model?status=400"'));

    await page.goto(`/app/${workspaceId}/requests`);
    const rows = page.getByRole("row").filter({ has: page.getByRole("button") });
    await expect.poll(() => rows.count(), soon).toBe(2);
    await page.getByRole("combobox", { name: "Status" }).click();
    await page.getByRole("option", { name: "Client errors" }).click();
    await expect.poll(() => rows.count(), soon).toBe(1);
    expect(new URL(page.url()).searchParams.get("status")).toBe("client_error");

    await page.reload();
    await expect.poll(() => rows.count(), soon).toBe(1);
    await page.getByRole("searchbox", { name: "Search" }).fill("nothing has this text");
    await page.getByText("No request matches").waitFor();
    await page.getByRole("button", { name: "Clear filters" }).first().click();
    await expect.poll(() => rows.count(), soon).toBe(2);
    expect(new URL(page.url()).search).toBe("");
    expect(complaints).toEqual([]);
  });

  test("requests · text from outside is shown as text", async () => {
    await using window = await open();
    const { page, complaints } = window;
    const workspaceId = await signUp(page, newAccount());
    await page.getByRole("button", { name: "Use the mock provider" }).click();
    await page.getByText("Connected: Mock provider.").waitFor();
    const model = "<img src=x onerror=alert(1)>";
    await paste((await copySnippet(page)).replace("mock-model", model));

    await page.goto(`/app/${workspaceId}/requests`);
    await page.getByRole("row").filter({ hasText: model }).getByRole("button").click();
    const sheet = page.getByRole("dialog");
    await sheet.getByRole("heading", { name: model }).waitFor();
    // Nobody has a price for such a model: its cost is unknown, which is not zero.
    await sheet.getByText("unknown", { exact: true }).waitFor();
    expect(await page.locator("img").count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  test("api keys · shown once, then revoked, and the gateway refuses", async () => {
    await using window = await open();
    const { page, complaints } = window;
    await signUp(page, newAccount());
    await page.getByRole("button", { name: "Use the mock provider" }).click();
    await page.getByText("Connected: Mock provider.").waitFor();
    const snippet = await copySnippet(page);

    await page.getByRole("link", { name: "API keys" }).click();
    await page.getByRole("button", { name: "Create API key" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("Support bot");
    await dialog.getByRole("button", { name: "Create API key" }).click();
    const secret = (await dialog.locator("code").textContent()) ?? "";
    expect(secret).toMatch(/^pk_[0-9a-f]{48}$/);
    await dialog.getByRole("button", { name: "I have copied it" }).click();
    await dialog.waitFor({ state: "hidden" });
    expect(await page.content()).not.toContain(secret);

    const withNewKey = snippet.replace(/pk_[0-9a-f]{48}/, secret);
    expect(await paste(withNewKey)).toContain("data: [DONE]");
    await page.getByRole("button", { name: "Revoke Support bot" }).click();
    await dialog.getByRole("button", { name: "Revoke key" }).click();
    await page.getByText("Support bot is revoked.").waitFor();
    await expect.poll(() => paste(withNewKey), soon).toContain("invalid_api_key");
    expect(await paste(snippet)).toContain("data: [DONE]");
    expect(complaints).toEqual([]);
  });

  test("session · log-out ends it, and log-in by keyboard comes back to the same place", async () => {
    await using window = await open();
    const { page, complaints } = window;
    const account = newAccount();
    const workspaceId = await signUp(page, account);
    await page.getByRole("button", { name: `Account: ${account.name}` }).click();
    await page.getByRole("menuitem", { name: "Log out" }).click();
    await page.waitForURL("**/app/login");

    await page.goto(`/app/${workspaceId}/requests?range=24h`);
    await page.waitForURL("**/app/login?next=*");
    await page.getByLabel("E-mail").waitFor();
    await page.keyboard.type(account.email);
    await page.keyboard.press("Tab");
    await page.keyboard.type("the wrong password");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").getByText("The e-mail address or the password is wrong.").waitFor();
    await page.getByLabel("Password", { exact: true }).fill(account.password);
    await page.keyboard.press("Enter");
    await page.waitForURL(`**/app/${workspaceId}/requests?range=24h`);
    await page.getByText("No request matches").waitFor();
    expect(complaints).toEqual([]);
  });
});
