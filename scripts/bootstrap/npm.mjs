import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { BootstrapError, explainFailure } from "./failures.mjs";

const heartbeatMilliseconds = 5_000;

/**
 * npm's own JavaScript entry, so that it can be run under a Node of our choosing: the npm that started this command,
 * else the one on PATH, else the one beside the running Node.
 */
export function findNpm() {
  const onPath = (process.env.PATH ?? "")
    .split(path.delimiter)
    .map((directory) => path.join(directory, "npm"));
  const besideNode = path.resolve(process.execPath, "../../lib/node_modules/npm/bin/npm-cli.js");
  for (const candidate of [process.env.npm_execpath, ...onPath, besideNode]) {
    const real = candidate ? realPath(candidate) : null;
    if (real !== null && /npm-cli\.[cm]?js$/.test(real)) return real;
  }
  throw new BootstrapError(
    "npm is not on PATH. Install Node 18 or newer together with npm, then run the command again.",
  );
}

function realPath(file) {
  try {
    return fs.realpathSync(file);
  } catch {
    return null;
  }
}

/**
 * Runs npm under the given Node and reports every few seconds how far it is.
 * @param {{ node: string; npmArguments: string[]; directory: string; what: string; progress: () => string }} task
 */
export async function runNpm({ node, npmArguments, directory, what, progress }) {
  const started = Date.now();
  const elapsed = () => `${Math.round((Date.now() - started) / 1000)} s`;
  const heartbeat = setInterval(() => console.error(`  … ${elapsed()}${progress()}`), heartbeatMilliseconds);
  const child = spawn(node, [findNpm(), ...npmArguments], {
    cwd: directory,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH ?? ""}` },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  try {
    const code = await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    if (code !== 0) throw new BootstrapError(explainFailure(what, output, directory));
  } finally {
    clearInterval(heartbeat);
  }
  console.error(`  done in ${elapsed()}`);
}
