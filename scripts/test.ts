import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";

/**
 * `npm test`: the checks, the console's build, then every test but the long ones; with `--full` the long ones alone.
 * Everything runs even when an earlier step fails. The last line is the sum; the checks and the build count as one
 * each.
 */
type Tally = { passed: number; failed: number; skipped: number };

const root = path.join(import.meta.dirname, "..");
const resultFile = path.join(root, ".nx", "test-results.json");

async function main(): Promise<void> {
  const full = process.argv.includes("--full");
  const checks = full ? [] : [await step("the checks", () => runNode(["scripts/check.ts"]))];
  const build = await step("the console's build", () => runNode(["services/launcher/src/build-console.ts"]));
  const tests = await runVitest(full);
  const sum = [...checks, build, tests].reduce(add);
  process.exitCode = sum.failed > 0 ? 1 : 0;
  const skipped = sum.skipped > 0 ? `, ${sum.skipped} skipped` : "";
  console.log(`${sum.passed} passed, ${sum.failed} failed${skipped}`);
}

function add(left: Tally, right: Tally): Tally {
  return {
    passed: left.passed + right.passed,
    failed: left.failed + right.failed,
    skipped: left.skipped + right.skipped,
  };
}

async function step(name: string, run: () => Promise<number>): Promise<Tally> {
  const code = await run();
  if (code !== 0) console.error(`\nFailed: ${name} (above).\n`);
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
}

async function runNode(nodeArguments: string[], environment: NodeJS.ProcessEnv = {}): Promise<number> {
  const child = spawn(process.execPath, nodeArguments, {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, ...environment },
  });
  const [code] = (await once(child, "exit")) as [number | null];
  return code ?? 1;
}

/** A run that ends without results, or with an error outside every test, counts as one failure more. */
async function runVitest(full: boolean): Promise<Tally> {
  mkdirSync(path.dirname(resultFile), { recursive: true });
  rmSync(resultFile, { force: true });
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${resultFile}`];
  const code = await runNode(["node_modules/vitest/vitest.mjs", "run", ...reporters], {
    PERPETUO_TEST_FULL: full ? "1" : "",
  });
  const tally = readTally();
  return code !== 0 && tally.failed === 0 ? add(tally, { passed: 0, failed: 1, skipped: 0 }) : tally;
}

function readTally(): Tally {
  type Results = {
    numPassedTests: number;
    numFailedTests: number;
    numPendingTests: number;
    numTodoTests: number;
  };
  try {
    const results = JSON.parse(readFileSync(resultFile, "utf8")) as Results;
    return {
      passed: results.numPassedTests,
      failed: results.numFailedTests,
      skipped: results.numPendingTests + results.numTodoTests,
    };
  } catch {
    return { passed: 0, failed: 0, skipped: 0 };
  }
}

await main();
