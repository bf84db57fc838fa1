import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Comparison, compare } from "./compare.ts";
import type { Config } from "./config.ts";
import { describeCommit, describeMachine } from "./machine/describe.ts";
import { choosePlacement, move, type Placement } from "./machine/placement.ts";
import { findFreePorts } from "./machine/ports.ts";
import { microsecondsPerTick } from "./machine/processes.ts";
import { surveyTools, type Tools } from "./machine/tools.ts";
import { replaceFigures } from "./report/document.ts";
import { renderMarkdown } from "./report/markdown.ts";
import { type Circumstances, describeMethod, makeReport, type Report } from "./report/report.ts";
import { logIn } from "./targets/control-api.ts";
import { startNginx } from "./targets/nginx.ts";
import { type System, startSystem } from "./targets/system.ts";
import type { Target } from "./targets/target.ts";

const checkout = path.resolve(import.meta.dirname, "../..");
const resultsDirectory = path.join(checkout, "bench/results");
const documentFile = path.join(checkout, "docs/benchmarks.md");
const completionsPath = "/v1/chat/completions";
/** The mock provider takes any credential. */
const anyAuthorization = "Bearer benchmark";

export type Terminal = { report: (line: string) => void };

/** Runs the whole comparison and writes its report. Everything that it started has ended when it returns or throws. */
export async function runBench(
  config: Config,
  { report }: Terminal,
  interrupted: AbortSignal,
): Promise<Report> {
  const { tools, lacks } = surveyTools(config.environment);
  for (const lack of lacks) report(`Note: ${lack}`);
  const placement = choosePlacement(tools);
  const circumstances: Circumstances = {
    taken_at: new Date().toISOString(),
    commit: describeCommit(checkout),
    method: describeMethod(config.plan, placement),
    machine: describeMachine(),
    tools,
    lacks,
  };
  const comparison = await withFolder((directory) =>
    runComparison({ config, tools, placement, directory, interrupted, report }),
  );
  const finished = makeReport(circumstances, comparison);
  report(writeReport(finished, config));
  return finished;
}

type Run = {
  config: Config;
  tools: Tools;
  placement: Placement;
  directory: string;
  interrupted: AbortSignal;
  report: (line: string) => void;
};

async function runComparison(run: Run): Promise<Comparison> {
  const { config, placement, directory, interrupted, report } = run;
  const { environment, plan } = config;
  move(placement, "other", process.pid);
  const [control = 0, proxy = 0, mock = 0, raw = 0, nginxPort = 0] = await findFreePorts(5);
  report("Starting Perpetuo with its database and the mock provider");
  const dataDir = path.join(directory, "perpetuo");
  mkdirSync(dataDir);
  const ports = { control, proxy, mock, raw };
  const started: AsyncDisposable[] = [];
  try {
    const system = await startSystem({ dataDir, ports, placement, environment });
    started.push(system);
    interrupted.throwIfAborted();
    const targets = [directTarget(system), gatewayTarget(system)];
    if (run.tools.nginx !== null) {
      const nginx = await startNginx({
        port: nginxPort,
        upstreamPort: mock,
        directory,
        placement,
        environment,
      });
      started.push(nginx);
      targets.splice(1, 0, nginxTarget(nginxPort, nginx.workerPid));
    }
    const load = { placement, environment, directory, interrupted };
    const settings = { ...load, mockUrl: system.mockUrl, microsecondsPerTick: microsecondsPerTick() };
    return await compare({ system, control: await logIn(system), targets, settings, report }, plan);
  } finally {
    report("Stopping");
    while (started.length > 0) await started.pop()?.[Symbol.asyncDispose]();
  }
}

function directTarget({ mockUrl, mockPid }: System): Target {
  return { name: "mock", url: `${mockUrl}${completionsPath}`, authorization: anyAuthorization, pid: mockPid };
}

function nginxTarget(port: number, pid: number): Target {
  return {
    name: "nginx",
    url: `http://127.0.0.1:${port}${completionsPath}`,
    authorization: anyAuthorization,
    pid,
  };
}

function gatewayTarget({ proxyUrl, proxyPid, demo }: System): Target {
  const authorization = `Bearer ${demo.apiKey}`;
  return { name: "perpetuo", url: `${proxyUrl}${completionsPath}`, authorization, pid: proxyPid };
}

/** A folder for everything that the run leaves, gone at its end. */
async function withFolder<TResult>(work: (directory: string) => Promise<TResult>): Promise<TResult> {
  const directory = realpathSync(mkdtempSync(path.join(tmpdir(), "perpetuo-bench-")));
  try {
    return await work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Returns what to tell the person who waits. */
function writeReport(report: Report, { write }: Config): string {
  mkdirSync(resultsDirectory, { recursive: true });
  const name = `${report.taken_at.replaceAll(/[:.]/g, "-")}.json`;
  writeFileSync(path.join(resultsDirectory, name), `${JSON.stringify(report, null, 2)}\n`);
  const markdown = renderMarkdown(report);
  if (write) writeFileSync(documentFile, replaceFigures(readFileSync(documentFile, "utf8"), markdown));
  const places = write ? `bench/results/${name} and docs/benchmarks.md` : `bench/results/${name}`;
  return `\n${markdown}\n\nWritten to ${places}.`;
}
