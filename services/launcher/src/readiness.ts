import { configErrorExitCode } from "@perpetuo/runtime/environment";
import { StartError } from "@perpetuo/runtime/start-error";
import type { ServiceProcess } from "./service-process.ts";

const pollMs = 40;
const timeoutMs = 60_000;
/** A service that ends this often before it was ready once will not become ready by being started again. */
const hopelessFailures = 3;

/**
 * Resolves when the service answers 200 on its ready address.
 * @throws {StartError} when it keeps ending or takes longer than a minute; the message has what it said.
 */
export async function waitUntilReady(service: ServiceProcess, stopping: AbortSignal): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (performance.now() < deadline) {
    stopping.throwIfAborted();
    if (await isReady(service.definition.readyUrl)) return;
    if (service.failures() >= hopelessFailures || service.lastExitCode() === configErrorExitCode) break;
    // Readiness is only to be had by asking.
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  const { name, readyUrl } = service.definition;
  const said = service.log.plainLines().map((line) => `  ${line}`);
  throw new StartError(
    [`${name} did not become ready (${readyUrl}). Its log: ${service.log.file}`, ...said].join("\n"),
  );
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    return false;
  }
}
