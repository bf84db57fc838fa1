import { readdirSync, readFileSync, readlinkSync } from "node:fs";

const listening = "0A";
const tables = ["/proc/net/tcp", "/proc/net/tcp6"];

/** Inodes of the sockets that listen on a port, by `/proc/net/tcp` or `tcp6`. See proc_net_tcp(5). */
export function parseListeners(text: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return text
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, address = "", , state]) => address.endsWith(suffix) && state === listening)
    .flatMap((fields) => fields[9] ?? []);
}

/** The ports on which a process listens, of `/proc/net/tcp` and `tcp6` in one text. */
export function parsePortsOf(text: string, sockets: ReadonlySet<string>): number[] {
  const ports = text
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === listening && sockets.has(`socket:[${fields[9]}]`))
    .map(([, address = ""]) => Number.parseInt(address.slice(address.lastIndexOf(":") + 1), 16));
  return [...new Set(ports)];
}

/** The ports on which a process listens now. */
export function listeningPortsOf(pid: number): number[] {
  return parsePortsOf(tables.map(readIfThere).join("\n"), new Set(descriptorsOf(pid)));
}

/** The processes of this machine that listen on a port; those that this user may not look into are left out. */
export function findListeners(port: number): number[] {
  const inodes = tables.flatMap((file) => parseListeners(readIfThere(file), port));
  const sockets = new Set(inodes.map((inode) => `socket:[${inode}]`));
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => descriptorsOf(pid).some((target) => sockets.has(target)));
}

/** What the open descriptors of a process point to; empty when it is gone or another user's. */
export function descriptorsOf(pid: number): string[] {
  const directory = `/proc/${pid}/fd`;
  try {
    return readdirSync(directory).flatMap((entry) => {
      try {
        return [readlinkSync(`${directory}/${entry}`)];
      } catch {
        // Closed between the listing and the look.
        return [];
      }
    });
  } catch {
    return [];
  }
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
