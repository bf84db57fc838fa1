import { waitUntil } from "./wait-until.ts";

/** The sum of a metric over all its labels that satisfy `having`, such as `code="spool_full"`. */
export async function readMetric(proxyUrl: string, name: string, having = ""): Promise<number> {
  const text = await (await fetch(`${proxyUrl}/metrics`)).text();
  return text
    .split("\n")
    .filter((line) => (line.startsWith(`${name}{`) || line.startsWith(`${name} `)) && line.includes(having))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
}

/** Waits until exactly so many requests are between their head and their settlement. */
export async function untilInFlight(proxyUrl: string, count: number): Promise<void> {
  let seen = 0;
  await waitUntil(
    async () => {
      seen = await readMetric(proxyUrl, "perpetuo_requests_in_flight");
      return seen === count ? true : null;
    },
    { what: `${count} requests in flight`, timeoutMs: 20_000, details: () => `There are ${seen}.` },
  );
}
