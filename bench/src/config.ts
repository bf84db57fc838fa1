import { parseArgs } from "node:util";
import { BenchError } from "./bench-error.ts";

/** How long and how often each target is measured. */
export type Plan = { name: "full" | "quick"; runs: number; runSeconds: number; warmupSeconds: number };

export type Config = {
  plan: Plan;
  /** The figures also go into docs/benchmarks.md. */
  write: boolean;
  /** What the started processes inherit: enough to run, and none of the settings of this shell. */
  environment: Record<string, string>;
};

const plans: Record<Plan["name"], Plan> = {
  full: { name: "full", runs: 5, runSeconds: 10, warmupSeconds: 5 },
  quick: { name: "quick", runs: 3, runSeconds: 4, warmupSeconds: 2 },
};

const inherited = ["PATH", "HOME", "TMPDIR", "LANG"];
/** nginx is installed here, and not every user has these in the path. */
const systemPrograms = "/usr/local/sbin:/usr/sbin:/sbin";

export const help = `npm run bench -- [--quick] [--write]

  --quick   ${plans.quick.runs} runs of ${plans.quick.runSeconds} s instead of ${plans.full.runs} of ${plans.full.runSeconds} s: under three minutes
  --write   put the figures into docs/benchmarks.md as well

Results are written to bench/results/. See bench/README.md.
`;

/** Reads the command line. Throws `BenchError` for an option that does not exist. */
export function readConfig(
  argumentList: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
): { kind: "help" } | { kind: "run"; config: Config } {
  const options = {
    quick: { type: "boolean" },
    write: { type: "boolean" },
    help: { type: "boolean" },
  } as const;
  try {
    const { values } = parseArgs({ args: [...argumentList], options, strict: true });
    if (values.help === true) return { kind: "help" };
    const plan = plans[values.quick === true ? "quick" : "full"];
    return { kind: "run", config: { plan, write: values.write === true, environment: pick(environment) } };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new BenchError(`${reason}\n\n${help}`, { cause: error });
  }
}

function pick(environment: NodeJS.ProcessEnv): Record<string, string> {
  const picked = inherited.flatMap((name) => {
    const value = environment[name];
    return value === undefined ? [] : [[name, value]];
  });
  const { PATH: searched, ...others }: Record<string, string> = Object.fromEntries(picked);
  return { ...others, PATH: searched === undefined ? systemPrograms : `${searched}:${systemPrograms}` };
}
