import type { z } from "zod";

/** The exit code of a service whose configuration is wrong: EX_CONFIG of sysexits.h. */
export const configErrorExitCode = 78;

/** Raw environment variables, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** How the text of a variable becomes a value. */
export type VariableKind<TValue> = {
  schema: z.ZodType<TValue, string>;
  /** A valid value, shown beside every problem. */
  example: string;
  /** Whether a problem may quote the text that was found; `never` for whatever can hold a secret. */
  quotes: "value" | "never";
};

/** One variable of a service: its name, its kind, and the value that it has when it is unset. */
export type Variable<TValue> = {
  name: string;
  kind: VariableKind<TValue>;
  absent: { kind: "refused" } | { kind: "replaced"; value: TValue };
};

/** What is wrong with one variable. */
export type ConfigProblem = { variable: string; problem: string; example: string };

/** Every problem of a configuration at once; its message has one line for each. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: ConfigProblem[];

  constructor(problems: ConfigProblem[]) {
    super(problems.map(formatProblem).join("\n"));
    this.problems = problems;
  }
}

/** A variable that must be set. */
export function required<TValue>(name: string, kind: VariableKind<TValue>): Variable<TValue> {
  return { name, kind, absent: { kind: "refused" } };
}

/** A variable that has `value` when it is unset; `null` is a value as well. */
export function withDefault<TValue, TDefault>(
  name: string,
  kind: VariableKind<TValue>,
  value: TDefault,
): Variable<TValue | TDefault> {
  return { name, kind, absent: { kind: "replaced", value } } as Variable<TValue | TDefault>;
}

/**
 * Reads a service's variables into an object of the same shape. A variable that is empty or blank counts as unset,
 * because compose files and shells pass unset variables on as empty ones.
 * @throws {ConfigError} with every problem, never with the text of a secret.
 */
export function readEnvironment<TValues extends Record<string, unknown>>(
  environment: Environment,
  variables: { [TName in keyof TValues]: Variable<TValues[TName]> },
): TValues {
  const problems: ConfigProblem[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, variable] of Object.entries<Variable<unknown>>(variables)) {
    const outcome = readVariable(environment, variable);
    if (outcome.kind === "value") values[name] = outcome.value;
    else problems.push(outcome.problem);
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return values as TValues;
}

type Outcome = { kind: "value"; value: unknown } | { kind: "problem"; problem: ConfigProblem };

function readVariable(environment: Environment, variable: Variable<unknown>): Outcome {
  const { name, kind, absent } = variable;
  const text = environment[name]?.trim() ?? "";
  const fail = (problem: string): Outcome => ({
    kind: "problem",
    problem: { variable: name, problem, example: kind.example },
  });
  if (text === "") {
    return absent.kind === "replaced" ? { kind: "value", value: absent.value } : fail("is not set");
  }
  const parsed = kind.schema.safeParse(text);
  if (parsed.success) return { kind: "value", value: parsed.data };
  const found = kind.quotes === "value" ? `${JSON.stringify(text.slice(0, 80))} ` : "";
  return fail(found + parsed.error.issues.map((issue) => issue.message).join("; "));
}

function formatProblem({ variable, problem, example }: ConfigProblem): string {
  return `${variable} ${problem}. Example: ${variable}=${example}`;
}
