import type { Demo } from "./demo.ts";

/** What `npm start` shows a person: progress and addresses on standard output, trouble on standard error. */
export type Screen = { report: (message: string) => void; warn: (message: string) => void };

/** Progress lines carry the seconds since the start of the process. */
export function createScreen(): Screen {
  return {
    report: (message) => process.stdout.write(`[${(performance.now() / 1000).toFixed(1)} s] ${message}\n`),
    warn: (message) => process.stderr.write(`${message}\n`),
  };
}

type Addresses = { controlUrl: string; proxyUrl: string };

/** The lines that a newcomer pastes and clicks; the last of them says `ready`. */
export function describeSystem({ controlUrl, proxyUrl }: Addresses, demo: Demo | null): string {
  const ready = `ready: console and control API on ${controlUrl}, gateway on ${proxyUrl}/v1`;
  if (demo === null) return `${ready}\n`;
  return `
Console    ${controlUrl}
Log in     ${demo.email} with the password ${demo.password}
Try it     ${curlLine(proxyUrl, demo.api_key)}

${ready}
`;
}

/** One line for a shell: streams a completion of the mock provider through the gateway. */
export function curlLine(proxyUrl: string, apiKey: string): string {
  const body = { model: "mock-demo", stream: true, messages: [{ role: "user", content: "Hello, world!" }] };
  const headers = `-H 'authorization: Bearer ${apiKey}' -H 'content-type: application/json'`;
  return `curl -N ${proxyUrl}/v1/chat/completions ${headers} -d '${JSON.stringify(body)}'`;
}
