import { BenchError } from "../bench-error.ts";

/** Another gateway, as the command line describes it. */
export type PeerPlan = {
  name: string;
  /** Its address up to and without `/v1`. */
  url: string;
  headers: Record<string, string>;
  model: string;
};

type PeerOptions = { urls: readonly string[]; headers: readonly string[]; models: readonly string[] };

const taken = ["mock", "nginx", "perpetuo"];

/**
 * Reads `--peer`, `--peer-header` and `--peer-model`, each `name=value`.
 * @throws {BenchError} for a peer without an address, a name that is taken, or an address that is none.
 */
export function parsePeers({ urls, headers, models }: PeerOptions): PeerPlan[] {
  const peers = urls.map((text) => {
    const { name, value } = nameAndValue(text, "--peer");
    if (taken.includes(name)) throw new BenchError(`A peer cannot be called ${name}.`);
    if (!URL.canParse(value)) throw new BenchError(`--peer ${name}: ${value} is not an address.`);
    return {
      name,
      url: value.replace(/\/+$/, ""),
      headers: { authorization: "Bearer benchmark" },
      model: "{model}",
    };
  });
  const find = (name: string, option: string): PeerPlan => {
    const peer = peers.find((candidate) => candidate.name === name);
    if (peer === undefined) throw new BenchError(`${option} ${name}: there is no --peer ${name}=….`);
    return peer;
  };
  for (const text of headers) {
    const { name, value } = nameAndValue(text, "--peer-header");
    const [header = "", content] = value.split(/:\s*(.*)/s);
    if (content === undefined) throw new BenchError(`--peer-header takes "${name}=header: value".`);
    find(name, "--peer-header").headers[header.toLowerCase()] = content;
  }
  for (const text of models) {
    const { name, value } = nameAndValue(text, "--peer-model");
    find(name, "--peer-model").model = value;
  }
  return peers;
}

function nameAndValue(text: string, option: string): { name: string; value: string } {
  const [, name, value] = /^([\w.-]+)=(.+)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw new BenchError(`${option} takes name=value, not "${text}".`);
  return { name, value };
}
