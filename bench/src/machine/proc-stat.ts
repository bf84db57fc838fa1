/** CPU times are in clock ticks, over all threads of the process, ended ones included. See proc_pid_stat(5). */
export type ProcessStat = {
  parent: number;
  ticks: number;
  /** Ticks of children that have ended and were waited for. */
  childTicks: number;
};

/** Reads `/proc/<pid>/stat`. The name of the program, field 2, may itself hold spaces and parentheses. */
export function parseProcessStat(text: string): ProcessStat {
  const afterName = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const field = (number: number): number => {
    const value = Number(afterName[number - 3]);
    if (!Number.isInteger(value)) throw new Error(`Field ${number} of /proc/<pid>/stat is not a number.`);
    return value;
  };
  return { parent: field(4), ticks: field(14) + field(15), childTicks: field(16) + field(17) };
}

/** Clock ticks of one core since the machine started. See proc_stat(5). */
export type CoreStat = {
  /** Time in processes, of users and in the kernel; interrupts are not in it. */
  inProcesses: number;
  /** Time that the hypervisor gave to other machines. */
  stolen: number;
};

/** Reads the line of one core from `/proc/stat`. */
export function parseCoreStat(text: string, core: number): CoreStat {
  const line = text.split("\n").find((candidate) => candidate.startsWith(`cpu${core} `));
  if (line === undefined) throw new Error(`/proc/stat has no core ${core}.`);
  const [user = 0, nice = 0, system = 0, , , , , stolen = 0] = line.split(" ").slice(1).map(Number);
  return { inProcesses: user + nice + system, stolen };
}
