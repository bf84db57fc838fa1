import { existsSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";

/** Where systems keep Chromium. */
const candidates = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

const launchArguments = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/**
 * Starts the system's Chromium.
 * @throws {Error} when there is none: a console that no browser has opened is not tested.
 */
export async function launchBrowser(): Promise<Browser> {
  const executablePath = candidates.find((candidate) => existsSync(candidate));
  if (executablePath === undefined) {
    throw new Error(
      `NO CHROMIUM: the tests of the console need a real browser and found none at ${candidates.join(", ")}. ` +
        "Install the system's package `chromium`.",
    );
  }
  return chromium.launch({ executablePath, args: launchArguments });
}

export type Window = AsyncDisposable & {
  page: Page;
  /** What the browser complained about: exceptions, refused by the content security policy, React's warnings. */
  complaints: string[];
};

export type WindowOptions = {
  baseURL: string;
  width?: number;
  colorScheme?: "light" | "dark";
};

/** Opens a window with storage of its own. */
export async function openWindow(browser: Browser, options: WindowOptions): Promise<Window> {
  const { baseURL, width = 1280, colorScheme = "light" } = options;
  const context = await browser.newContext({
    baseURL,
    colorScheme,
    viewport: { width, height: 800 },
    permissions: ["clipboard-read", "clipboard-write"],
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    // The browser reports every answer of 400 and more; the console handles those.
    const isAnswer = message.text().startsWith("Failed to load resource");
    if (["error", "warning"].includes(message.type()) && !isAnswer) complaints.push(message.text());
  });
  return { page, complaints, [Symbol.asyncDispose]: () => context.close() };
}
