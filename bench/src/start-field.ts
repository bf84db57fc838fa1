import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { openBooks } from "./books.ts";
import type { Config } from "./config.ts";
import type { Field } from "./field.ts";
import { move, type Placement } from "./machine/placement.ts";
import { findFreePorts } from "./machine/ports.ts";
import { microsecondsPerTick } from "./machine/processes.ts";
import type { Tools } from "./machine/tools.ts";
import { logIn } from "./targets/control-api.ts";
import { startNginx } from "./targets/nginx.ts";
import { surveyPeers } from "./targets/peers.ts";
import { type System, startSystem } from "./targets/system.ts";
import { completionsPath, type Target } from "./targets/target.ts";

/** The mock provider takes any credential. */
const anyAuthorization = "Bearer benchmark";

export type FieldPlan = {
  config: Config;
  tools: Tools;
  placement: Placement;
  interrupted: AbortSignal;
  report: (line: string) => void;
  /** Added to the system's environment. */
  environment?: Record<string, string>;
};

/**
 * Starts the system, nginx and what belongs to them, calls `work`, and stops everything again, whatever becomes of it.
 * `lacks` says which peers could not be measured.
 */
export async function withField<TResult>(
  plan: FieldPlan,
  work: (field: Field, lacks: readonly string[]) => Promise<TResult>,
): Promise<TResult> {
  const directory = realpathSync(mkdtempSync(path.join(tmpdir(), "perpetuo-bench-")));
  const started: AsyncDisposable[] = [];
  try {
    const { field, lacks } = await startField(plan, { directory, started });
    return await work(field, lacks);
  } finally {
    plan.report("Stopping");
    while (started.length > 0) await started.pop()?.[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function startField(
  plan: FieldPlan,
  { directory, started }: { directory: string; started: AsyncDisposable[] },
): Promise<{ field: Field; lacks: readonly string[] }> {
  const { config, placement, interrupted, report } = plan;
  move(placement, "other", process.pid);
  const environment = { ...config.environment, ...plan.environment };
  const [control = 0, proxy = 0, freeMock = 0, raw = 0] = await findFreePorts(4);
  const mock = config.mockPort ?? freeMock;
  report("Starting Perpetuo with its database and the mock provider");
  const dataDir = path.join(directory, "perpetuo");
  mkdirSync(dataDir);
  const system = await startSystem({
    dataDir,
    ports: { control, proxy, mock, raw },
    placement,
    environment,
  });
  started.push(system);
  interrupted.throwIfAborted();
  const nginx = await startBaseline(plan, { directory, upstreamPort: mock, started });
  const { peers, lacks } = await surveyPeers(config.peers, { mockUrl: system.mockUrl, placement });
  for (const lack of lacks) report(`Note: ${lack}`);
  const load = { placement, environment: config.environment, directory, interrupted };
  const settings = { ...load, mockUrl: system.mockUrl, microsecondsPerTick: microsecondsPerTick() };
  const targets = [directTarget(system), ...nginx, gatewayTarget(system), ...peers];
  const controlApi = await logIn(system);
  const books = openBooks(controlApi, interrupted);
  return { field: { system, books, control: controlApi, targets, settings, report }, lacks };
}

async function startBaseline(
  { config, tools, placement }: FieldPlan,
  {
    directory,
    upstreamPort,
    started,
  }: { directory: string; upstreamPort: number; started: AsyncDisposable[] },
): Promise<Target[]> {
  if (tools.nginx === null) return [];
  const [port = 0] = await findFreePorts(1);
  const { environment } = config;
  const nginx = await startNginx({ port, upstreamPort, directory, placement, environment });
  started.push(nginx);
  return [
    {
      name: "nginx",
      kind: "nginx",
      url: `http://127.0.0.1:${port}${completionsPath}`,
      headers: { authorization: anyAuthorization },
      model: "{model}",
      pids: [nginx.workerPid],
    },
  ];
}

function directTarget({ mockUrl, mockPid }: System): Target {
  return {
    name: "mock",
    kind: "direct",
    url: `${mockUrl}${completionsPath}`,
    headers: { authorization: anyAuthorization },
    model: "{model}",
    pids: [mockPid],
  };
}

function gatewayTarget({ proxyUrl, proxyPid, demo }: System): Target {
  return {
    name: "perpetuo",
    kind: "perpetuo",
    url: `${proxyUrl}${completionsPath}`,
    headers: { authorization: `Bearer ${demo.apiKey}` },
    model: "{model}",
    pids: [proxyPid],
  };
}
