import { type Behaviour, type CutManner, type Failure, type HangPlace, plainBehaviour } from "./behaviour.ts";
import { modelPresets } from "./model-presets.ts";

/** The largest answer the mock builds in memory, in bytes of content. */
const maximumContentBytes = 256 * 1024 * 1024;

/** A request for a behaviour that the grammar does not have. */
export class GrammarError extends Error {
  override readonly name = "GrammarError";
}

type Values = {
  behaviour: Behaviour;
  status: number;
  hang: HangPlace | null;
  hangAfter: number;
  cut: number | null;
  cutManner: CutManner;
  firstEventError: boolean;
  failFirst: number;
  key: string;
};

type Setter = (values: Values, text: string, name: string) => void;

/** Every key of the grammar; the table in README.md lists the same keys, and a test holds the two together. */
export const grammar: Record<string, Setter> = {
  latency: (values, text, name) => {
    values.behaviour.latencyMs = wholeNumber(text, name);
  },
  chunks: (values, text, name) => {
    values.behaviour.chunks = text === "endless" ? Number.POSITIVE_INFINITY : wholeNumber(text, name);
  },
  pace: (values, text, name) => {
    values.behaviour.paceMs = wholeNumber(text, name);
  },
  chunk_bytes: (values, text, name) => {
    values.behaviour.chunkBytes = wholeNumber(text, name);
  },
  echo: (values, text, name) => {
    values.behaviour.echo = flag(text, name);
  },
  stamp: (values, text, name) => {
    values.behaviour.stamp = flag(text, name);
  },
  tool_calls: (values, text, name) => {
    values.behaviour.toolCalls = wholeNumber(text, name);
  },
  finish_reason: (values, text) => {
    values.behaviour.finishReason = text;
  },
  status: (values, text, name) => {
    values.status = numberWithin(wholeNumber(text, name), { name, least: 200, most: 599 });
  },
  error_code: (values, text) => {
    values.behaviour.error.code = text;
  },
  error_type: (values, text) => {
    values.behaviour.error.type = text;
  },
  error_message: (values, text) => {
    values.behaviour.error.message = text;
  },
  header: (values, text) => {
    values.behaviour.headers.push(headerLine(text));
  },
  retry_after: (values, text) => {
    values.behaviour.headers.push(["retry-after", text]);
  },
  redirect: (values, text) => {
    values.status = 307;
    values.behaviour.headers.push(["location", text]);
  },
  cut: (values, text, name) => {
    values.cut = wholeNumber(text, name);
  },
  cut_manner: (values, text, name) => {
    values.cutManner = oneOf(text, { name, choices: ["reset", "end", "error"] });
  },
  first_event_error: (values, text, name) => {
    values.firstEventError = flag(text, name);
  },
  hang: (values, text, name) => {
    values.hang = oneOf(text, { name, choices: ["head", "stream"] });
  },
  hang_after: (values, text, name) => {
    values.hangAfter = wholeNumber(text, name);
  },
  fail_first: (values, text, name) => {
    values.failFirst = wholeNumber(text, name);
  },
  key: (values, text) => {
    values.key = text;
  },
  usage: (values, text, name) => {
    values.behaviour.usage.reported = oneOf(text, { name, choices: ["reported", "none"] }) === "reported";
  },
  usage_factor: (values, text, name) => {
    if (!/^-?\d{1,6}(\.\d{1,6})?$/.test(text))
      throw new GrammarError(`${name} takes a number, not '${text}'.`);
    values.behaviour.usage.factor = Number(text);
  },
  cached: (values, text, name) => {
    values.behaviour.usage.cached = wholeNumber(text, name);
  },
  reasoning: (values, text, name) => {
    values.behaviour.usage.reasoning = wholeNumber(text, name);
  },
  script: (values, text) => {
    values.behaviour.script = text;
  },
};

/** A name and its value as a request carried them. */
export type Parameter = [name: string, value: string];

/**
 * Reads what a request asks for: first the preset of the plain model name, then the parameters after its `?`, then
 * `headers` (`x-mock-latency: 50` is `latency=50`); a later one replaces an earlier one.
 * Throws `GrammarError` naming what it does not understand.
 */
export function parseBehaviour(model: string, headers: readonly Parameter[]): Behaviour {
  const [name = "", query = ""] = splitOnce(model, "?");
  const preset = modelPresets[name] ?? "";
  if (preset === "" && query === "" && headers.length === 0) return plainBehaviour;

  const values = startingValues();
  for (const [key, value] of [...new URLSearchParams(preset), ...new URLSearchParams(query), ...headers]) {
    const set = Object.hasOwn(grammar, key) ? grammar[key] : undefined;
    if (set === undefined) {
      throw new GrammarError(
        `The mock provider has no parameter '${key}'. It has: ${Object.keys(grammar).join(", ")}.`,
      );
    }
    set(values, value, key);
  }
  return finished(values);
}

function startingValues(): Values {
  return {
    behaviour: {
      ...plainBehaviour,
      error: { ...plainBehaviour.error },
      headers: [],
      usage: { ...plainBehaviour.usage },
    },
    status: 200,
    hang: null,
    hangAfter: 1,
    cut: null,
    cutManner: "reset",
    firstEventError: false,
    failFirst: 0,
    key: "",
  };
}

function finished(values: Values): Behaviour {
  const { behaviour } = values;
  const contentBytes = (behaviour.chunkBytes ?? 0) * behaviour.chunks;
  if (Number.isFinite(contentBytes) && contentBytes > maximumContentBytes) {
    throw new GrammarError(`chunks × chunk_bytes is larger than ${maximumContentBytes} bytes.`);
  }
  const failFirst = values.failFirst > 0 ? { count: values.failFirst, key: values.key } : null;
  if (failFirst !== null && values.key === "") {
    throw new GrammarError("fail_first needs a key, so that two tests do not count each other's calls.");
  }
  return { ...behaviour, failFirst, failure: chosenFailure(values, failFirst !== null) };
}

function chosenFailure(values: Values, failsFirst: boolean): Failure {
  if (values.hang !== null) return { kind: "hang", place: values.hang, afterChunks: values.hangAfter };
  if (values.status !== 200) return { kind: "status", status: values.status };
  if (values.firstEventError) return { kind: "first-event-error" };
  if (values.cut !== null) return { kind: "cut", afterChunks: values.cut, manner: values.cutManner };
  return failsFirst ? { kind: "status", status: 503 } : { kind: "none" };
}

function wholeNumber(text: string, name: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new GrammarError(`${name} takes a whole number, not '${text}'.`);
  return Number(text);
}

function numberWithin(value: number, range: { name: string; least: number; most: number }): number {
  if (value < range.least || value > range.most) {
    throw new GrammarError(`${range.name} lies between ${range.least} and ${range.most}, unlike ${value}.`);
  }
  return value;
}

function flag(text: string, name: string): boolean {
  return oneOf(text, { name, choices: ["1", "0"] }) === "1";
}

function oneOf<const TChoice extends string>(
  text: string,
  rule: { name: string; choices: readonly TChoice[] },
): TChoice {
  const found = rule.choices.find((choice) => choice === text);
  if (found === undefined) {
    throw new GrammarError(`${rule.name} is one of ${rule.choices.join(", ")}, not '${text}'.`);
  }
  return found;
}

function headerLine(text: string): [string, string] {
  const [name = "", value] = splitOnce(text, ":");
  if (value === undefined || !/^[a-z0-9-]+$/i.test(name)) {
    throw new GrammarError(`header takes name:value, not '${text}'.`);
  }
  return [name.toLowerCase(), value.trim()];
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

const headerPrefix = "x-mock-";

/** The parameter that a header sets, as `latency` for `x-mock-latency`; null for every other header. */
export function parameterOfHeader(lowerCaseName: string): string | null {
  if (!lowerCaseName.startsWith(headerPrefix)) return null;
  return lowerCaseName.slice(headerPrefix.length).replaceAll("-", "_");
}
