import { BenchError } from "../bench-error.ts";
import { numberField, parseObject } from "../json-fields.ts";

const settleTimeoutMs = 15_000;
const pollMs = 50;

/**
 * Content chunks that the mock provider has sent since it started. A request enters the sum when it is over, so this waits for
 * those that the end of a run has cut off.
 * @throws {BenchError} when requests stay open for 15 s.
 */
export async function readContentChunks(mockUrl: string): Promise<number> {
  const deadline = performance.now() + settleTimeoutMs;
  while (performance.now() < deadline) {
    const response = await fetch(`${mockUrl}/_mock/totals`, { signal: AbortSignal.timeout(settleTimeoutMs) });
    const totals = parseObject(await response.text(), "The mock provider's totals");
    if (numberField(totals, "open") === 0) return numberField(totals, "content_tokens_sent");
    // The end of a request is only to be had by asking.
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  throw new BenchError("The mock provider still has open requests after the load has ended.");
}
