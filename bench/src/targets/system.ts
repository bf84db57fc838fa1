import { globSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { BenchError } from "../bench-error.ts";
import { parseObject, textField } from "../json-fields.ts";
import { startProcess } from "../machine/child-process.ts";
import { move, type Placement, placed } from "../machine/placement.ts";
import { listDescendants, readCommandLine } from "../machine/processes.ts";
import { wireAddresses } from "./wires.ts";

const startTimeoutMs = 120_000;
const launcher = path.resolve(import.meta.dirname, "../../../services/launcher/src/main.ts");

export type SystemPorts = { control: number; proxy: number; mock: number; raw: number };

export type SystemSettings = {
  /** An empty folder; the whole state of the system goes there. */
  dataDir: string;
  ports: SystemPorts;
  placement: Placement;
  environment: Record<string, string>;
};

/** The whole of Perpetuo as `npm start` runs it, with one proxy thread, its demo workspace and the mock provider. */
export type System = AsyncDisposable & {
  dataDir: string;
  controlUrl: string;
  proxyUrl: string;
  mockUrl: string;
  launcherPid: number;
  /** The proxy's serving process, not its supervisor. */
  proxyPid: number;
  mockPid: number;
  demo: Demo;
};

export type Demo = { email: string; password: string; workspaceId: string; apiKey: string };

/** Starts the system on the shared core and moves the proxy's serving process to its own. */
export async function startSystem({
  dataDir,
  ports,
  placement,
  environment,
}: SystemSettings): Promise<System> {
  const command = placed(placement, "other", { program: process.execPath, words: [launcher] });
  const running = startProcess(command, {
    environment: { ...environment, ...systemEnvironment(dataDir, ports) },
  });
  const dispose = async () => {
    await running[Symbol.asyncDispose]();
    removeState(dataDir);
  };
  try {
    await running.waitForOutput("\nready:", startTimeoutMs);
    const proxyPid = findProcess(running.pid, "/services/proxy/src/child.ts");
    move(placement, "proxy", proxyPid);
    return {
      dataDir,
      controlUrl: `http://127.0.0.1:${ports.control}`,
      proxyUrl: `http://127.0.0.1:${ports.proxy}`,
      mockUrl: `http://127.0.0.1:${ports.mock}`,
      launcherPid: running.pid,
      proxyPid,
      mockPid: findProcess(running.pid, "/services/mock-provider/src/main.ts"),
      demo: readDemo(dataDir),
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** Nothing but addresses and the number of threads differs from the defaults, so that what is measured is the product. */
function systemEnvironment(dataDir: string, ports: SystemPorts): Record<string, string> {
  return {
    PERPETUO_DATA_DIR: dataDir,
    CONTROL_PORT: String(ports.control),
    PROXY_PORT: String(ports.proxy),
    MOCK_PROVIDER_PORT: String(ports.mock),
    MOCK_PROVIDER_RAW_PORT: String(ports.raw),
    PERPETUO_PROVIDER_BASE_URLS: JSON.stringify(wireAddresses(`http://127.0.0.1:${ports.mock}`)),
    PERPETUO_THREADS: "1",
    // Any folder of its own keeps the launcher from building the console, which nobody looks at here.
    PERPETUO_CONSOLE_DIR: dataDir,
  };
}

function findProcess(launcherPid: number, program: string): number {
  const found = listDescendants(launcherPid).find((pid) => readCommandLine(pid).includes(program));
  if (found === undefined) throw new BenchError(`${program} is not among the launcher's processes.`);
  return found;
}

function readDemo(dataDir: string): Demo {
  const demo = readState(dataDir, "demo.json");
  return {
    email: textField(demo, "email"),
    password: textField(demo, "password"),
    workspaceId: textField(demo, "workspace_id"),
    apiKey: textField(demo, "api_key"),
  };
}

function readState(dataDir: string, name: string): Record<string, unknown> {
  return parseObject(readFileSync(path.join(dataDir, name), "utf8"), name);
}

/** As root the embedded cluster lives outside the data folder, in a folder whose name ends in the cluster's id. */
function removeState(dataDir: string): void {
  try {
    const id = textField(readState(dataDir, "postgres.json"), "cluster_id");
    for (const cluster of globSync(`/var/lib/perpetuo/*-${id}`))
      rmSync(cluster, { recursive: true, force: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}
