import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import type { Environment } from "@perpetuo/runtime/environment";
import { StartError } from "@perpetuo/runtime/start-error";
import { checkout } from "./checkout.ts";

const consoleDirectory = path.join(checkout, "services/console");
const stampFile = path.join(checkout, ".nx/console-build");
const sources = [
  "package-lock.json",
  "services/console/{index.html,package.json,vite.config.ts}",
  "services/console/{src,public}/**/*.*",
  "packages/{client,contracts}/src/**/*.ts",
];

/** Where the built console is. */
export const builtConsole = path.join(consoleDirectory, "dist");

export type BuildSettings = { environment: Environment; report: (message: string) => void };

/**
 * Builds the console when its sources are other than those of the last build.
 * @throws {StartError} with the end of the build's output when it fails.
 */
export async function buildConsoleIfStale({ environment, report }: BuildSettings): Promise<void> {
  const fingerprint = hashSources();
  const current = existsSync(path.join(builtConsole, "index.html")) && readStamp() === fingerprint;
  if (current) return;
  report("Building the console");
  await runVite(environment);
  mkdirSync(path.dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, fingerprint);
}

function hashSources(): string {
  const hash = createHash("sha256");
  for (const file of sources.flatMap((pattern) => globSync(pattern, { cwd: checkout })).sort()) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(path.join(checkout, file)))
      .update("\0");
  }
  return hash.digest("hex");
}

function readStamp(): string | null {
  return existsSync(stampFile) ? readFileSync(stampFile, "utf8") : null;
}

async function runVite(environment: Environment): Promise<void> {
  const vite = createRequire(path.join(consoleDirectory, "package.json")).resolve("vite/package.json");
  const child = spawn(process.execPath, [path.join(path.dirname(vite), "bin/vite.js"), "build"], {
    cwd: consoleDirectory,
    // Another value, such as that of a test runner, would bundle the development build of React.
    env: { ...environment, NODE_ENV: "production" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const [code] = await once(child, "close");
  if (code === 0) return;
  const end = output.trim().split("\n").slice(-15).join("\n");
  throw new StartError(
    `The console could not be built. Put it right, or point PERPETUO_CONSOLE_DIR to a built one.\n${end}`,
  );
}
