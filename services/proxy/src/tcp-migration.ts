import { readFile, writeFile } from "node:fs/promises";

/**
 * Since Linux 5.14. With it the kernel hands connections that are not accepted yet to another listener of the same port
 * when theirs closes; without it they are reset. It belongs to the network namespace.
 * Source: `tcp_migrate_req` in https://docs.kernel.org/networking/ip-sysctl.html.
 */
const settingFile = "/proc/sys/net/ipv4/tcp_migrate_req";

export type TcpMigration = { kind: "on" } | { kind: "switched-on" } | { kind: "off"; reason: string };

/** Makes sure that connections survive the end of a listener, where this process may. */
export async function ensureTcpMigration(mayChange: boolean, file = settingFile): Promise<TcpMigration> {
  try {
    if ((await readFile(file, "utf8")).trim() !== "0") return { kind: "on" };
    if (!mayChange) return { kind: "off", reason: "PERPETUO_SET_TCP_MIGRATION is false" };
    await writeFile(file, "1");
    return { kind: "switched-on" };
  } catch (error) {
    return { kind: "off", reason: error instanceof Error ? error.message : String(error) };
  }
}
