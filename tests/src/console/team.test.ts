import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openWindow } from "./browser.ts";
import {
  type Account,
  type ConsoleStack,
  newAccount,
  signUp,
  soon,
  startConsoleStack,
} from "./console-stack.ts";

let system: ConsoleStack;

beforeAll(async () => {
  system = await startConsoleStack();
});
afterAll(() => system?.[Symbol.asyncDispose]());

const openOwnWindow = () => openWindow(system.browser, { baseURL: system.stack.controlUrl });

/** Invites somebody and returns the link that the inviter passes on, at the address that the window uses. */
async function invite(page: Page, email: string, role: string): Promise<string> {
  await page.getByRole("button", { name: "Invite member" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("E-mail").fill(email);
  await dialog.getByRole("combobox").click();
  await page.getByRole("option", { name: role, exact: true }).click();
  await dialog.getByRole("button", { name: "Invite", exact: true }).click();
  const { pathname, hash } = new URL((await dialog.locator("code").textContent()) ?? "");
  await dialog.getByRole("button", { name: "Done" }).click();
  return pathname + hash;
}

async function join(page: Page, link: string, account: Account): Promise<void> {
  await page.goto(link);
  await page.getByRole("link", { name: "Create an account to join" }).click();
  await page.getByLabel("Name").fill(account.name);
  await page.getByLabel("E-mail").fill(account.email);
  await page.getByLabel("Password", { exact: true }).fill(account.password);
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByRole("button", { name: "Join workspace" }).click();
}

test("team · an invited viewer joins by the link, sees what a viewer may, and gains and loses rights at once", async () => {
  await using ownersWindow = await openOwnWindow();
  await using guestsWindow = await openOwnWindow();
  const [owner, guest] = [ownersWindow.page, guestsWindow.page];
  const account = { ...newAccount(), name: "Grace Hopper" };
  const workspaceId = await signUp(owner, newAccount());
  await owner.goto(`/app/${workspaceId}/team`);
  const link = await invite(owner, account.email, "Viewer");
  await owner.getByRole("cell", { name: account.email, exact: true }).waitFor();

  await join(guest, link, account);
  await guest.waitForURL(`**/app/${workspaceId}/**`);
  expect(guest.url()).not.toContain("token");
  await guest.goto(`/app/${workspaceId}/team`);
  await guest
    .getByRole("cell", { name: /^Grace Hopper/ })
    .first()
    .waitFor();
  expect(await guest.getByRole("button", { name: "Invite member" }).count()).toBe(0);
  await guest.goto(`/app/${workspaceId}/api-keys`);
  await guest.getByRole("heading", { name: "Your role does not allow this" }).waitFor();

  await owner.reload();
  await owner.getByRole("combobox", { name: "Role of Grace Hopper" }).click();
  await owner.getByRole("option", { name: "Admin", exact: true }).click();
  await owner.getByText("Grace Hopper is Admin now.").waitFor();
  await guest.reload();
  await guest.getByRole("button", { name: "Create API key" }).waitFor();

  await owner.getByRole("button", { name: "Remove Grace Hopper" }).click();
  await owner.getByRole("button", { name: "Remove member" }).click();
  await owner.getByText("Grace Hopper is no longer a member.").waitFor();
  await guest.goto(`/app/${workspaceId}/team`);
  await guest.getByRole("heading", { name: "There is nothing here" }).waitFor();
  expect([...ownersWindow.complaints, ...guestsWindow.complaints]).toEqual([]);
});

test("team · a used or revoked invitation says that it cannot be used, and the last owner cannot leave", async () => {
  await using window = await openOwnWindow();
  await using other = await openOwnWindow();
  const workspaceId = await signUp(window.page, newAccount());
  await window.page.goto(`/app/${workspaceId}/team`);
  const address = newAccount().email;
  const link = await invite(window.page, address, "Member");
  await window.page.getByRole("button", { name: `Revoke the invitation of ${address}` }).click();
  await expect.poll(() => window.page.getByRole("cell", { name: address }).count(), soon).toBe(0);
  await other.page.goto(link);
  await other.page.getByRole("heading", { name: "This invitation cannot be used" }).waitFor();

  await window.page.getByRole("button", { name: "Leave workspace" }).click();
  await window.page.getByRole("dialog").getByRole("button", { name: "Leave workspace" }).click();
  await window.page.getByRole("dialog").getByRole("alert").waitFor();
});
