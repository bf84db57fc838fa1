import { readdir, readFile } from "node:fs/promises";
import { waitUntil } from "./wait-until.ts";

/** The process and its descendants that are alive, from Linux's /proc. */
export async function processTree(root: number): Promise<number[]> {
  const parents = new Map<number, number>();
  for (const entry of await readdir("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const status = await readStatus(Number(entry));
    if (status !== null && status.state !== "Z") parents.set(Number(entry), status.parent);
  }
  const tree = parents.has(root) ? [root] : [];
  for (const pid of tree) {
    for (const [child, parent] of parents) if (parent === pid) tree.push(child);
  }
  return tree;
}

/** Sends SIGKILL to every process and waits until the kernel has ended them all. */
export async function killAll(pids: number[]): Promise<void> {
  for (const pid of pids) signal(pid, "SIGKILL");
  await untilEnded(pids);
}

/** Waits until none of the processes is alive; 10 s at most. */
export async function untilEnded(pids: number[]): Promise<void> {
  await waitUntil(async () => ((await Promise.all(pids.map(isAlive))).includes(true) ? null : true), {
    what: `processes ${pids.join(", ")} to end`,
    timeoutMs: 10_000,
    pollMs: 5,
  });
}

/** The processes that are alive, by when they began. Their ids tell nothing: the kernel begins again at the lowest free one. */
export async function oldestFirst(pids: number[]): Promise<number[]> {
  const beginnings = await Promise.all(
    pids.map(async (pid) => ({ pid, startedAt: (await readStatus(pid))?.startedAt ?? null })),
  );
  return beginnings
    .filter((one): one is { pid: number; startedAt: number } => one.startedAt !== null)
    .toSorted((left, right) => left.startedAt - right.startedAt)
    .map(({ pid }) => pid);
}

/** Resident memory of the processes together, in bytes. */
export async function residentBytes(pids: number[]): Promise<number> {
  const sizes = await Promise.all(
    pids.map(async (pid) => {
      const text = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
      return Number(/^VmRSS:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) * 1024;
    }),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Sends a signal; a process that has ended already is fine. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

async function isAlive(pid: number): Promise<boolean> {
  const status = await readStatus(pid);
  return status !== null && status.state !== "Z";
}

type Status = {
  state: string;
  parent: number;
  /** Ticks of the kernel's clock since it started. */
  startedAt: number;
};

async function readStatus(pid: number): Promise<Status | null> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => null);
  if (text === null) return null;
  // The name in field 2 of proc_pid_stat(5) may hold spaces, so count from its closing parenthesis.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state = "", parent] = fields;
  // Field 22, of which the first here is field 3.
  return { state, parent: Number(parent), startedAt: Number(fields[19]) };
}
