import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { globSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";

/** A data folder and ports of its own, so that tests disturb neither each other nor a running system. */
export type Place = AsyncDisposable & {
  dataDir: string;
  environment: Record<string, string>;
  controlUrl: string;
  proxyUrl: string;
};

export async function makePlace(): Promise<Place> {
  const dataDir = realpathSync(mkdtempSync(path.join(tmpdir(), "perpetuo-launcher-")));
  const [control = 0, proxy = 0, mock = 0, raw = 0] = await findFreePorts(4);
  return {
    dataDir,
    environment: {
      PERPETUO_DATA_DIR: dataDir,
      CONTROL_PORT: String(control),
      PROXY_PORT: String(proxy),
      MOCK_PROVIDER_PORT: String(mock),
      MOCK_PROVIDER_RAW_PORT: String(raw),
    },
    controlUrl: `http://127.0.0.1:${control}`,
    proxyUrl: `http://127.0.0.1:${proxy}`,
    [Symbol.asyncDispose]: () => Promise.resolve(removeState(dataDir)),
  };
}

/** All are open at once, so that no two are the same. */
async function findFreePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  });
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}

/** As root the cluster lives outside the data folder, in a folder that ends in the cluster's id. */
function removeState(dataDir: string): void {
  try {
    const { cluster_id } = JSON.parse(readFileSync(path.join(dataDir, "postgres.json"), "utf8")) as {
      cluster_id: string;
    };
    for (const cluster of globSync(`/var/lib/perpetuo/*-${cluster_id}`))
      rmSync(cluster, { recursive: true, force: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  rmSync(dataDir, { recursive: true, force: true });
}

/** The launcher as a process of its own, as `npm start` runs it. */
export type Launcher = {
  process: ChildProcess;
  output: () => string;
  /** Resolves with the line `ready: …`; rejects with everything that was said when the launcher ends before. */
  ready: Promise<string>;
  /** Exit code, or the signal's name. */
  ended: Promise<number | string>;
};

export function launch(place: Place, more: Record<string, string> = {}): Launcher {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, "main.ts")], {
    env: { ...process.env, DATABASE_URL: "", ...place.environment, ...more },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const ended = once(child, "exit").then(([code, signal]) => (code ?? signal) as number | string);
  const ready = new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        output += `${line}\n`;
        if (line.startsWith("ready:")) resolve(line);
      });
    }
    child.once("close", () => reject(new Error(`The launcher ended early:\n${output}`)));
  });
  // A launcher that is expected to fail is only awaited through `ended`.
  ready.catch(() => undefined);
  return { process: child, output: () => output, ready, ended };
}

/** Ids of the processes that the launcher has noted: itself and its services. */
export function notedProcesses({ dataDir }: Place): { launcher: number; services: number[] } {
  type Note = { launcher: { pid: number }; services: { pid: number }[] };
  const note = JSON.parse(readFileSync(path.join(dataDir, "processes.json"), "utf8")) as Note;
  return { launcher: note.launcher.pid, services: note.services.map(({ pid }) => pid) };
}
