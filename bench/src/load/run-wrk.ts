import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { type Placement, placed } from "../machine/placement.ts";
import { type LoadResult, parseWrkOutput } from "./wrk-result.ts";
import { type KeyChoice, wrkScript } from "./wrk-script.ts";

const execute = promisify(execFile);

/** An answer that takes longer than this counts as an error. */
const answerTimeoutSeconds = 10;
/** How much longer than asked wrk may run before it is ended. */
const graceMs = 20_000;

export type Load = {
  url: string;
  headers: Record<string, string>;
  body: string;
  keys: KeyChoice | null;
  connections: number;
  seconds: number;
};

export type LoadSettings = {
  placement: Placement;
  environment: Record<string, string>;
  /** A folder that only this user can enter, because the script holds the API key. */
  directory: string;
  interrupted: AbortSignal;
};

/** Sends one request over and over on every connection, closed-loop, for the given time. */
export async function runWrk(load: Load, settings: LoadSettings): Promise<LoadResult> {
  const script = path.join(settings.directory, "load.lua");
  writeFileSync(script, wrkScript(load), { mode: 0o600 });
  const words = ["-t1", `-c${load.connections}`, `-d${load.seconds}s`, `--timeout=${answerTimeoutSeconds}s`];
  const { program, words: all } = placed(settings.placement, "other", {
    program: "wrk",
    words: [...words, "-s", script, load.url],
  });
  const { stdout } = await execute(program, all, {
    env: settings.environment,
    timeout: load.seconds * 1_000 + graceMs,
    signal: settings.interrupted,
  });
  return parseWrkOutput(stdout);
}
