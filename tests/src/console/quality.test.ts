import { gzipSync } from "node:zlib";
import axe from "axe-core";
import type { Page } from "playwright-core";
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
import { writeSampleTraffic } from "./sample-traffic.ts";

const wcagTags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/** Compressed bytes of script that the first screen may need. */
const initialScriptBudget = 200_000;

type Finding = { rule: string; nodes: string[] };

/** What axe finds against WCAG 2.2 AA on the page as it is. */
async function findings(page: Page): Promise<Finding[]> {
  await page.evaluate(axe.source);
  const results = (await page.evaluate(
    `axe.run(document, { runOnly: ${JSON.stringify(wcagTags)} })`,
  )) as axe.AxeResults;
  return results.violations.map(({ id, nodes }) => ({
    rule: id,
    nodes: nodes.map((node) => `${node.target.join(" ")}: ${node.failureSummary ?? ""}`),
  }));
}

let system: ConsoleStack;
const account = newAccount();
let workspaceId: string;

beforeAll(async () => {
  system = await startConsoleStack();
  await using window = await openWindow(system.browser, { baseURL: system.stack.controlUrl });
  const { page } = window;
  workspaceId = await signUp(page, account);
  const apiKey = /pk_[0-9a-f]{48}/.exec(await copySnippet(page))?.[0];
  await page.getByRole("button", { name: "Use the mock provider" }).click();
  await page.getByText("Connected: Mock provider.").waitFor();
  for (const model of ["mock-model", "mock-model?status=400", "mock-model?status=500"]) {
    await fetch(`${system.stack.proxyUrl}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
      body: JSON.stringify({ model, messages: [{ role: "user", content: "Hello" }] }),
    });
  }
  await page.getByText("Your first request landed").waitFor();
  await writeSampleTraffic(system.stack.postgres.administratorUrl, { workspaceId, rows: 2_000, days: 20 });
});
afterAll(() => system?.[Symbol.asyncDispose]());

/** Every screen, with what shows that it is complete. */
const screens: {
  name: string;
  path: () => string;
  loggedIn: boolean;
  ready: (page: Page) => Promise<unknown>;
}[] = [
  {
    name: "log-in",
    path: () => "/app/login",
    loggedIn: false,
    ready: (page) => page.getByRole("button", { name: "Log in" }).waitFor(),
  },
  {
    name: "sign-up",
    path: () => "/app/signup",
    loggedIn: false,
    ready: (page) => page.getByRole("button", { name: "Create account" }).waitFor(),
  },
  {
    name: "a forgotten password",
    path: () => "/app/forgot-password",
    loggedIn: false,
    ready: (page) => page.getByRole("button", { name: "Send me a link" }).waitFor(),
  },
  {
    name: "a new password",
    path: () => "/app/reset-password#token=none",
    loggedIn: false,
    ready: (page) => page.getByRole("button", { name: "Set password" }).waitFor(),
  },
  {
    name: "get started",
    path: () => `/app/${workspaceId}/get-started`,
    loggedIn: true,
    ready: (page) => page.getByText("Your first request landed").waitFor(),
  },
  {
    name: "overview",
    path: () => `/app/${workspaceId}/overview?range=30d`,
    loggedIn: true,
    ready: async (page) => {
      await page.locator("figure svg").nth(3).waitFor();
      await page.getByText("claude-sonnet-4-5").waitFor();
    },
  },
  {
    name: "overview as tables",
    path: () => `/app/${workspaceId}/overview`,
    loggedIn: true,
    ready: async (page) => {
      await page.getByRole("button", { name: "Spend by provider: show as a table" }).click();
      await page.getByRole("region", { name: "Spend by provider" }).getByRole("table").waitFor();
    },
  },
  {
    name: "requests",
    path: () => `/app/${workspaceId}/requests`,
    loggedIn: true,
    ready: (page) => page.getByRole("row").nth(3).waitFor(),
  },
  {
    name: "request detail",
    path: () => `/app/${workspaceId}/requests`,
    loggedIn: true,
    ready: async (page) => {
      await page.getByRole("row").filter({ hasText: "500" }).first().getByRole("button").click();
      await page.getByRole("dialog").getByRole("heading", { name: "Attempts" }).waitFor();
    },
  },
  {
    name: "providers",
    path: () => `/app/${workspaceId}/providers`,
    loggedIn: true,
    ready: (page) => page.getByRole("cell", { name: "Mock provider" }).first().waitFor(),
  },
  {
    name: "adding a provider",
    path: () => `/app/${workspaceId}/providers`,
    loggedIn: true,
    ready: async (page) => {
      await page.getByRole("button", { name: "Add provider key" }).click();
      await page.getByRole("dialog").getByLabel("Priority").waitFor();
    },
  },
  {
    name: "API keys",
    path: () => `/app/${workspaceId}/api-keys`,
    loggedIn: true,
    ready: (page) => page.getByRole("cell", { name: "First key" }).first().waitFor(),
  },
  {
    name: "usage",
    path: () => `/app/${workspaceId}/usage?range=30d&group=model`,
    loggedIn: true,
    ready: async (page) => {
      await page.locator("figure svg").waitFor();
      await page.getByRole("cell", { name: "claude-sonnet-4-5" }).waitFor();
    },
  },
  {
    name: "budgets",
    path: () => `/app/${workspaceId}/budgets`,
    loggedIn: true,
    ready: (page) => page.getByRole("cell", { name: "The workspace" }).first().waitFor(),
  },
  {
    name: "limits",
    path: () => `/app/${workspaceId}/budgets`,
    loggedIn: true,
    ready: async (page) => {
      await page.getByRole("button", { name: "Edit the limits of The workspace" }).click();
      await page.getByRole("dialog").getByLabel("Tokens a minute").waitFor();
    },
  },
  {
    name: "audit",
    path: () => `/app/${workspaceId}/audit`,
    loggedIn: true,
    ready: async (page) => {
      await page
        .getByRole("button", { name: /^Show details: provider key/ })
        .first()
        .click();
      await page.getByRole("rowheader", { name: "priority" }).waitFor();
    },
  },
  {
    name: "team",
    path: () => `/app/${workspaceId}/team`,
    loggedIn: true,
    ready: (page) => page.getByRole("button", { name: "Leave workspace" }).waitFor(),
  },
  {
    name: "inviting somebody",
    path: () => `/app/${workspaceId}/team`,
    loggedIn: true,
    ready: async (page) => {
      await page.getByRole("button", { name: "Invite member" }).click();
      await page.getByRole("dialog").getByLabel("E-mail").waitFor();
    },
  },
  {
    name: "an invitation that cannot be used",
    path: () => "/app/invitation#token=none",
    loggedIn: true,
    ready: (page) => page.getByRole("heading", { name: "This invitation cannot be used" }).waitFor(),
  },
  {
    name: "an unknown workspace",
    path: () => "/app/0198a000-0000-7000-8000-000000000000/requests",
    loggedIn: true,
    ready: (page) => page.getByRole("heading", { name: "There is nothing here" }).waitFor(),
  },
];

async function logIn(page: Page): Promise<void> {
  await page.goto("/app/login");
  await page.getByLabel("E-mail").fill(account.email);
  await page.getByLabel("Password", { exact: true }).fill(account.password);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.waitForURL("**/requests");
}

const views = [
  { width: 1280, colorScheme: "light" },
  { width: 1280, colorScheme: "dark" },
  { width: 375, colorScheme: "light" },
] as const;

describe("the console's quality", () => {
  test.each(views)(
    "every screen · WCAG 2.2 AA and no sideways scrolling at $width px, $colorScheme",
    async (view) => {
      await using window = await openWindow(system.browser, { baseURL: system.stack.controlUrl, ...view });
      const { page, complaints } = window;
      // Fades end at once, so that contrast is measured on what a reader looks at.
      await page.emulateMedia({ reducedMotion: "reduce" });
      const report: Record<string, { findings: Finding[]; scrollsSideways: boolean }> = {};
      for (const screen of screens.toSorted((a, b) => Number(a.loggedIn) - Number(b.loggedIn))) {
        if (screen.loggedIn && !page.url().includes(workspaceId) && screen.name === "get started")
          await logIn(page);
        await page.goto(screen.path());
        await screen.ready(page);
        const width = (await page.evaluate("document.documentElement.scrollWidth")) as number;
        report[screen.name] = { findings: await findings(page), scrollsSideways: width > view.width };
      }
      const clean = { findings: [], scrollsSideways: false };
      expect(report).toEqual(Object.fromEntries(screens.map(({ name }) => [name, clean])));
      expect(complaints).toEqual([]);
    },
  );

  test("first screen · loads less than 200 kB of compressed script", async () => {
    await using window = await openWindow(system.browser, { baseURL: system.stack.controlUrl });
    const bodies: Promise<Buffer>[] = [];
    window.page.on("response", (response) => {
      if (response.request().resourceType() === "script") bodies.push(response.body());
    });
    await window.page.goto("/app/login", { waitUntil: "networkidle" });
    const sizes = (await Promise.all(bodies)).map((body) => gzipSync(body).length);
    expect(sizes.length).toBeGreaterThan(0);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(initialScriptBudget);
  });

  test("theme · the choice holds before the first paint of the next visit", async () => {
    await using window = await openWindow(system.browser, { baseURL: system.stack.controlUrl });
    const { page } = window;
    await logIn(page);
    await page.getByRole("button", { name: `Account: ${account.name}` }).click();
    await page.getByRole("menuitemradio", { name: "Dark" }).click();
    const background = () => page.evaluate("getComputedStyle(document.documentElement).backgroundColor");
    const dark = await background();
    // The page's own program never arrives: what shows is what the first paint shows.
    await page.route("**/assets/index-*.js", (route) => route.abort());
    await page.reload({ waitUntil: "commit" });
    await expect.poll(background, soon).toBe(dark);
    expect(await page.evaluate("document.documentElement.dataset.theme")).toBe("dark");
  });
});
