import { configErrorExitCode } from "@perpetuo/runtime/environment";
import { StartError } from "@perpetuo/runtime/start-error";
import type { ServiceProcess } from "./service-process.ts";

const pollMs = 40;
const timeoutMs = 60_000;
/** A service that ends this often before it was ready once will not become ready by being started again. */
const hopelessFailures = 3;

/**
 * Resolves when every service is ready; the first that is not ends the waiting for the others.
 * @throws {StartError} as `waitForOne`.
 */
export async function waitUntilReady(
  services: readonly ServiceProcess[],
  stopping: AbortSignal,
): Promise<void> {
  const failed = new AbortController();
  const giveUp = AbortSignal.any([stopping, failed.signal]);
  try {
    await Promise.all(services.map((service) => waitForOne(service, giveUp)));
  } finally {
    failed.abort();
  }
}

/**
 * Resolves when the service answers 200 on its ready address.
 * @throws {StartError} when it keeps ending or takes longer than a minute; the message names its log.
 */
async function waitForOne(service: ServiceProcess, giveUp: AbortSignal): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (performance.now() < deadline) {
    giveUp.throwIfAborted();
    if (await isReady(service.definition.readyUrl)) return;
    if (service.failures() >= hopelessFailures || service.lastExitCode() === configErrorExitCode) break;
    // Readiness is only to be had by asking.
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  const { name, readyUrl } = service.definition;
  throw new StartError(`${name} did not become ready (${readyUrl}). What it said is in ${service.log.file}`);
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
