import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { locateCluster } from "@perpetuo/database/embedded/location";
import { loadOrCreateState } from "@perpetuo/database/embedded/state";
import { inheritedEnvironment } from "../harness/config.ts";
import { findFreePorts } from "../harness/free-ports.ts";
import { processTree } from "../harness/process-tree.ts";
import { repositoryRoot } from "../harness/service-process.ts";
import { waitUntil } from "../harness/wait-until.ts";

/** `npm start` on free ports and a data folder of its own, as somebody in a terminal has it. */
export type StartedSystem = {
  controlUrl: string;
  gatewayUrl: string;
  output(): string;
  /** Everything that belongs to it, PostgreSQL too. */
  pids(): Promise<number[]>;
  /** Ctrl-C: SIGINT to every process in the foreground. Returns the exit code. */
  pressCtrlC(): Promise<number | null>;
  /** Removes the data folder and the embedded database's. */
  removeData(): Promise<void>;
};

/** Runs `npm start` until it says that it is ready. `openai` is the mock provider for the whole installation. */
export async function npmStart(): Promise<StartedSystem> {
  const dataDir = await mkdtemp(path.join(tmpdir(), "perpetuo-start-"));
  const [control = 0, proxy = 0, mock = 0, rawMock = 0] = await findFreePorts(4);
  const child = spawn("npm", ["start"], {
    cwd: repositoryRoot,
    // A session of its own has a process group of its own, to which a terminal would send Ctrl-C.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...inheritedEnvironment(),
      CONTROL_PORT: String(control),
      PROXY_PORT: String(proxy),
      MOCK_PROVIDER_PORT: String(mock),
      MOCK_PROVIDER_RAW_PORT: String(rawMock),
      PERPETUO_DATA_DIR: dataDir,
      PERPETUO_PROVIDER_BASE_URLS: JSON.stringify({ openai: `http://127.0.0.1:${mock}/v1` }),
    },
  });
  const { pid } = child;
  if (pid === undefined) throw new Error("npm could not be started.");
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const ended = once(child, "exit");
  await waitUntil(async () => (/^ready/m.test(output) ? true : null), {
    what: "`npm start` to print ready",
    timeoutMs: 110_000,
    hopeless: () => (child.exitCode === null ? null : `it ended with ${child.exitCode}`),
    details: () => output,
  });
  return {
    controlUrl: `http://localhost:${control}`,
    gatewayUrl: `http://localhost:${proxy}`,
    output: () => output,
    pids: () => processTree(pid),
    async pressCtrlC() {
      process.kill(-pid, "SIGINT");
      await ended;
      return child.exitCode;
    },
    async removeData() {
      const { cluster_id } = await loadOrCreateState(dataDir);
      const { directory } = await locateCluster(dataDir, cluster_id);
      await rm(directory, { recursive: true, force: true });
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
