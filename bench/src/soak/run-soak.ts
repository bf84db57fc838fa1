import path from "node:path";
import type { Config } from "../config.ts";
import { type Field, gatewayOf } from "../field.ts";
import { describeCommit, describeMachine } from "../machine/describe.ts";
import { type Inspector, inspectorEnvironment, openInspector } from "../machine/inspector.ts";
import { descriptorsOf } from "../machine/listener.ts";
import { readResident } from "../machine/memory.ts";
import { choosePlacement } from "../machine/placement.ts";
import { surveyTools } from "../machine/tools.ts";
import { withField } from "../start-field.ts";
import { runMixedLoad } from "./mixed-load.ts";
import type { SoakLook, SoakReport } from "./soak-report.ts";

const checkout = path.resolve(import.meta.dirname, "../../..");
const millisecondsPerMinute = 60_000;
const longestSettling = 5 * millisecondsPerMinute;
const sampleEveryMs = 5_000;
/** A collection gives its pages back to the kernel within this time. */
const afterCollectionMs = 1_000;
/** The gateway keeps idle connections to providers for a while. */
const closingTimeoutMs = 90_000;
const closingPollMs = 1_000;

export type SoakSettings = {
  config: Config;
  minutes: number;
  report: (line: string) => void;
  interrupted: AbortSignal;
};

/** Keeps a low mixed load up for so long, and looks at what it leaves behind. */
export async function runSoak({ config, minutes, report, interrupted }: SoakSettings): Promise<SoakReport> {
  const { tools } = surveyTools(config.environment, config.k6);
  const placement = choosePlacement(tools);
  const machine = describeMachine();
  const taken_at = new Date().toISOString();
  const plan = { config, tools, placement, interrupted, report, environment: inspectorEnvironment };
  return withField(plan, async (field) => ({
    taken_at,
    commit: describeCommit(checkout),
    machine,
    minutes,
    ...(await soak(field, minutes)),
  }));
}

type Soak = Omit<SoakReport, "taken_at" | "commit" | "machine" | "minutes">;

async function soak(field: Field, minutes: number): Promise<Soak> {
  const { proxyPid } = field.system;
  const inspector = await openInspector(proxyPid);
  await warmUp(field);
  const idle = { inspector, pid: proxyPid, startedAt: performance.now() };
  const start = await waitForLevel(idle, Number.POSITIVE_INFINITY);
  const startedAt = performance.now();
  const watch = { ...idle, startedAt };
  const stopping = new AbortController();
  const interrupted = AbortSignal.any([stopping.signal, field.settings.interrupted]);
  field.report(`Mixed load for ${minutes} minutes`);
  const load = runMixedLoad(gatewayOf(field), interrupted);
  const resident_over_time: Soak["resident_over_time"] = [];
  const sampling = setInterval(() => {
    resident_over_time.push({ seconds: secondsSince(startedAt), resident: readResident(proxyPid) });
  }, sampleEveryMs);
  try {
    const settlingMs = Math.min(longestSettling, (minutes * millisecondsPerMinute) / 3);
    await pause(settlingMs, field.settings.interrupted);
    const settled = await look(watch);
    field.report(describeLook("settled", settled));
    await pause(minutes * millisecondsPerMinute - settlingMs, field.settings.interrupted);
    const end = await look(watch);
    field.report(describeLook("end", end));
    stopping.abort();
    const { ledger, calls } = await load;
    await field.books.settle(ledger);
    const after = await waitForLevel(watch, start.descriptors);
    field.report(describeLook("after", after));
    inspector.close();
    return { calls, start, settled, end, after, resident_over_time, accounts: await field.books.close() };
  } finally {
    stopping.abort();
    clearInterval(sampling);
  }
}

type Watch = { inspector: Inspector; pid: number; startedAt: number };

/** What is opened once and for all, such as connections to the database, is open before the start's level is taken. */
async function warmUp({ books, ...field }: Field): Promise<void> {
  const stopping = AbortSignal.timeout(afterCollectionMs * 2);
  const { ledger } = await runMixedLoad(gatewayOf({ books, ...field }), stopping);
  await books.settle(ledger);
}

async function look({ inspector, pid, startedAt }: Watch): Promise<SoakLook> {
  await inspector.collectGarbage();
  await new Promise((resolve) => setTimeout(resolve, afterCollectionMs));
  const resources = await inspector.countResources();
  return {
    seconds: secondsSince(startedAt),
    resident: readResident(pid),
    descriptors: descriptorsOf(pid).length,
    timers: resources["Timeout"] ?? 0,
  };
}

/** Looks until the descriptors are back at a level, or have stood still, or the time is over. */
async function waitForLevel(watch: Watch, level: number): Promise<SoakLook> {
  const deadline = performance.now() + closingTimeoutMs;
  let latest = await look(watch);
  let steady = 0;
  const steadyEnough = 15;
  while (performance.now() < deadline && steady < steadyEnough) {
    if (Number.isFinite(level) && latest.descriptors <= level) break;
    await new Promise((resolve) => setTimeout(resolve, closingPollMs));
    const next = await look(watch);
    steady = next.descriptors === latest.descriptors ? steady + 1 : 0;
    latest = next;
  }
  return latest;
}

function describeLook(name: string, { seconds, resident, descriptors, timers }: SoakLook): string {
  const mebibytes = (resident / 2 ** 20).toFixed(1);
  return `  ${name.padEnd(8)} after ${Math.round(seconds)} s: RSS ${mebibytes} MiB, ${descriptors} descriptors, ${timers} timers`;
}

async function pause(milliseconds: number, interrupted: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    interrupted.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
  interrupted.throwIfAborted();
}

function secondsSince(start: number): number {
  return (performance.now() - start) / 1_000;
}
