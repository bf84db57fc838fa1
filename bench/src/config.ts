import path from "node:path";
import { parseArgs } from "node:util";
import { BenchError } from "./bench-error.ts";
import { type PeerPlan, parsePeers } from "./targets/peer-plan.ts";

/** How long and how often each target is measured in the comparison. */
export type Plan = { name: "full" | "quick"; runs: number; runSeconds: number; warmupSeconds: number };

/** What is measured beside the comparison, in this order. */
export const parts = ["latency", "frontier", "streams", "growth", "flush", "k6", "translation"] as const;
export type Part = (typeof parts)[number];

export type Action =
  | { kind: "measure"; plan: Plan; parts: readonly Part[]; baseline: "none" | "compare" | "write" }
  | { kind: "soak"; minutes: number };

export type Config = {
  action: Action;
  /** The figures also go into docs/benchmarks.md. */
  write: boolean;
  peers: readonly PeerPlan[];
  /** A fixed port for the mock provider, so that peers can be pointed at it; null takes a free one. */
  mockPort: number | null;
  /** The program k6, or its path. */
  k6: string;
  /** What the started processes inherit: enough to run, and none of the settings of this shell. */
  environment: Record<string, string>;
};

const plans: Record<Plan["name"], Plan> = {
  full: { name: "full", runs: 5, runSeconds: 6, warmupSeconds: 3 },
  quick: { name: "quick", runs: 3, runSeconds: 4, warmupSeconds: 2 },
};

const defaultSoakMinutes = 30;
const inherited = ["PATH", "HOME", "TMPDIR", "LANG"];
/** nginx is installed here, and not every user has these in the path. */
const systemPrograms = "/usr/local/sbin:/usr/sbin:/sbin";

export const help = `npm run bench -- [options]

  (none)            everything, about twenty minutes
  --quick           the comparison alone, ${plans.quick.runs} runs of ${plans.quick.runSeconds} s: under three minutes
  --parts a,b       the comparison and these parts: ${parts.join(", ")}
  --compare         --quick, held against bench/baseline.json; ends with 1 when something became worse
  --write-baseline  --quick, kept as bench/baseline.json
  --soak [30m]      a low mixed load for that long, and what it leaves behind
  --write           put the figures into docs/benchmarks.md as well
  --peer name=url               measure another gateway that runs on this machine; repeatable
  --peer-header "name=header: value"  a header that it needs; {mock} is the mock provider's address; repeatable
  --peer-model name=template    what it calls a model; {model} is the mock provider's name of it
  --mock-port port              the mock provider's port, for peers that must know it beforehand

Results are written to bench/results/. See bench/README.md and bench/peers.md.
`;

const options = {
  quick: { type: "boolean" },
  parts: { type: "string" },
  compare: { type: "boolean" },
  "write-baseline": { type: "boolean" },
  soak: { type: "string" },
  write: { type: "boolean" },
  peer: { type: "string", multiple: true },
  "peer-header": { type: "string", multiple: true },
  "peer-model": { type: "string", multiple: true },
  "mock-port": { type: "string" },
  help: { type: "boolean" },
} as const;

/** Reads the command line. Throws `BenchError` for an option that does not exist or makes no sense. */
export function readConfig(
  argumentList: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
): { kind: "help" } | { kind: "run"; config: Config } {
  try {
    const { values } = parseArgs({ args: withSoakDuration(argumentList), options, strict: true });
    if (values.help === true) return { kind: "help" };
    return {
      kind: "run",
      config: {
        action: readAction(values),
        write: values.write === true,
        peers: parsePeers({
          urls: values.peer ?? [],
          headers: values["peer-header"] ?? [],
          models: values["peer-model"] ?? [],
        }),
        mockPort: values["mock-port"] === undefined ? null : readPort(values["mock-port"]),
        k6: environment["K6"] ?? "k6",
        environment: pick(environment),
      },
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new BenchError(`${reason}\n\n${help}`, { cause: error });
  }
}

/** `--soak` may stand alone. */
function withSoakDuration(words: readonly string[]): string[] {
  return words.flatMap((word, index) => {
    const next = words[index + 1];
    return word === "--soak" && (next === undefined || next.startsWith("-"))
      ? [`--soak=${defaultSoakMinutes}m`]
      : [word];
  });
}

type Values = {
  quick?: boolean;
  parts?: string;
  compare?: boolean;
  "write-baseline"?: boolean;
  soak?: string;
};

function readAction(values: Values): Action {
  const kinds = (["quick", "compare", "write-baseline", "parts", "soak"] as const).filter(
    (name) => values[name] !== undefined,
  );
  if (kinds.length > 1 && !(kinds.length === 2 && kinds[0] === "quick")) {
    throw new BenchError(`--${kinds.join(" and --")} do not go together.`);
  }
  if (values.soak !== undefined) return { kind: "soak", minutes: readMinutes(values.soak) };
  const quick = { kind: "measure", plan: plans.quick, parts: [], baseline: "none" } as const;
  if (values.compare === true) return { ...quick, baseline: "compare" };
  if (values["write-baseline"] === true) return { ...quick, baseline: "write" };
  if (values.parts !== undefined) {
    const plan = values.quick === true ? plans.quick : plans.full;
    return { kind: "measure", plan, parts: readParts(values.parts), baseline: "none" };
  }
  if (values.quick === true) return quick;
  return { kind: "measure", plan: plans.full, parts, baseline: "none" };
}

function readParts(list: string): Part[] {
  const wanted = list.split(",").map((name) => name.trim());
  const unknown = wanted.filter((name) => !parts.some((part) => part === name));
  if (unknown.length > 0) throw new BenchError(`There is no part ${unknown.join(", ")}.`);
  return parts.filter((part) => wanted.includes(part));
}

function readMinutes(text: string): number {
  const minutes = Number(/^(\d+)m?$/.exec(text)?.[1] ?? Number.NaN);
  if (!(minutes >= 1 && minutes <= 24 * 60)) throw new BenchError("--soak takes minutes, such as 30m.");
  return minutes;
}

function readPort(text: string): number {
  const port = Number(text);
  if (!(Number.isInteger(port) && port > 0 && port < 65_536)) {
    throw new BenchError("--mock-port takes a port.");
  }
  return port;
}

function pick(environment: NodeJS.ProcessEnv): Record<string, string> {
  const picked = inherited.flatMap((name) => {
    const value = environment[name];
    return value === undefined ? [] : [[name, value]];
  });
  const { PATH: searched, ...others }: Record<string, string> = Object.fromEntries(picked);
  return {
    ...others,
    PATH: [searched, systemPrograms, goPrograms(environment)]
      .filter((folder) => folder !== undefined)
      .join(":"),
  };
}

/** Where `go install` puts k6. */
function goPrograms(environment: NodeJS.ProcessEnv): string | undefined {
  const home = environment["HOME"];
  const root = environment["GOPATH"] ?? (home === undefined ? undefined : path.join(home, "go"));
  return root === undefined ? undefined : path.join(root, "bin");
}
