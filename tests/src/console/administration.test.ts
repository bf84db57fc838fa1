import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openWindow } from "./browser.ts";
import { type ConsoleStack, newAccount, signUp, startConsoleStack } from "./console-stack.ts";

let system: ConsoleStack;

beforeAll(async () => {
  system = await startConsoleStack();
});
afterAll(() => system?.[Symbol.asyncDispose]());

test("administration · a limit that is typed holds at the gateway, its requests can be downloaded, and the audit says who set it", async () => {
  await using window = await openWindow(system.browser, { baseURL: system.stack.controlUrl });
  const { page, complaints } = window;
  const workspaceId = await signUp(page, newAccount());
  const apiKey = /pk_[0-9a-f]{48}/.exec((await page.locator("pre").first().textContent()) ?? "")?.[0];
  await page.getByRole("button", { name: "Use the mock provider" }).click();
  await page.getByText("Connected: Mock provider.").waitFor();

  await page.goto(`/app/${workspaceId}/budgets`);
  await page.getByRole("button", { name: "Edit the limits of First key" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("US dollars a month (UTC)").fill("12.5.0");
  await dialog.getByRole("button", { name: "Save limits" }).click();
  await dialog.getByText("Enter an amount such as 12.50").waitFor();
  await dialog.getByLabel("US dollars a month (UTC)").fill("12.50");
  await dialog.getByLabel("Requests a minute").fill("1");
  await dialog.getByRole("button", { name: "Save limits" }).click();
  await page.getByText("The limits of First key hold from now on.").waitFor();
  await page.getByRole("cell", { name: "$0.00 of $12.50" }).waitFor();

  const statuses: number[] = [];
  const ids: string[] = [];
  for (let request = 0; request < 2; request++) {
    const answer = await fetch(`${system.stack.proxyUrl}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
      body: JSON.stringify({ model: "mock-model", messages: [{ role: "user", content: "Hello" }] }),
    });
    statuses.push(answer.status);
    ids.push(answer.headers.get("x-request-id") ?? "");
  }
  expect(statuses).toEqual([200, 429]);
  // Figures are read again only every half minute.
  await system.stack.rows.untilLogged(workspaceId, ids);

  await page.goto(`/app/${workspaceId}/usage?metric=requests&group=api_key`);
  await page.getByRole("cell", { name: "First key" }).waitFor();
  await page.getByRole("button", { name: "Export" }).click();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("menuitem", { name: "Download as CSV" }).click(),
  ]);
  expect(await readFile(await download.path(), "utf8")).toMatch(/First key/);

  await page.goto(`/app/${workspaceId}/audit?table=api_keys&action=update`);
  await page.getByRole("button", { name: "Show details: API key First key" }).first().click();
  await page.getByRole("cell", { name: /"requests_per_minute":1/ }).waitFor();
  expect(complaints).toEqual([]);
});
