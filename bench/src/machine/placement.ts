import { execFileSync } from "node:child_process";
import { availableParallelism } from "node:os";
import type { Tools } from "./tools.ts";

export type Command = { program: string; words: string[] };

/** Which core does what: the measured proxy has one for itself, everything else shares the other. */
export type Placement =
  | { kind: "pinned"; proxyCore: number; otherCore: number }
  /** The scheduler decides. */
  | { kind: "unpinned" };

export type Place = "proxy" | "other";

export function choosePlacement(tools: Tools): Placement {
  if (tools.taskset === null || availableParallelism() < 2) return { kind: "unpinned" };
  return { kind: "pinned", proxyCore: 0, otherCore: 1 };
}

/** The command that starts a program on its core; what it starts in turn stays there. */
export function placed(placement: Placement, place: Place, command: Command): Command {
  if (placement.kind === "unpinned") return command;
  const core = coreOf(placement, place);
  return { program: "taskset", words: ["-c", String(core), command.program, ...command.words] };
}

/** Moves every thread of a running process to its core; threads that it makes later follow. */
export function move(placement: Placement, place: Place, pid: number): void {
  if (placement.kind === "unpinned") return;
  execFileSync("taskset", ["-a", "-c", "-p", String(coreOf(placement, place)), String(pid)]);
}

function coreOf(placement: Placement & { kind: "pinned" }, place: Place): number {
  return place === "proxy" ? placement.proxyCore : placement.otherCore;
}
