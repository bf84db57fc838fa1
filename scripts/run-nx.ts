import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";

const root = path.join(import.meta.dirname, "..");

/**
 * Runs Nx with its output on this terminal and returns its exit code. The daemon stays off: it would outlive the
 * command, and two checkouts or two users would share it.
 */
export async function runNx(nxArguments: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [path.join(root, "node_modules/nx/dist/bin/nx.js"), ...nxArguments], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, NX_DAEMON: "false", NX_TUI: "false", NX_NO_CLOUD: "true" },
  });
  const [code] = (await once(child, "exit")) as [number | null];
  return code ?? 1;
}
