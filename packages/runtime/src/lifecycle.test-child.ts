import { once } from "node:events";
import { readEnvironment, required } from "./environment.ts";
import { port } from "./environment-kinds.ts";
import { type Running, runService } from "./lifecycle.ts";
import { StartError } from "./start-error.ts";

/** A service for `lifecycle.test.ts`: its first argument says how it behaves, its output what happened to it. */
const behaviour = process.argv[2];

/** Holds a promise that nobody awaits. */
const unawaited: Promise<never>[] = [];

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function crash(): never {
  throw new Error("nobody catches this");
}

const hurried = Promise.withResolvers<void>();

function hurry(): void {
  say("hurrying");
  hurried.resolve();
}

function holdOpen(): NodeJS.Timeout {
  return setInterval(() => undefined, 60_000);
}

async function start(stopping: AbortSignal): Promise<Running> {
  if (behaviour === "misconfigured") {
    readEnvironment({ FIRST: "x" }, { first: required("FIRST", port), second: required("SECOND", port) });
  }
  if (behaviour === "failing-start") throw new Error("no such luck", { cause: new Error("the root of it") });
  if (behaviour === "taken-port") throw new StartError("Port 8080 is taken. Set PROXY_PORT to a free one.");
  const handle = holdOpen();
  if (behaviour === "waiting-start") {
    say("waiting");
    await new Promise((resolve) => stopping.addEventListener("abort", resolve, { once: true }));
    clearInterval(handle);
    throw new Error("interrupted");
  }
  if (behaviour === "crashing") setImmediate(crash);
  if (behaviour === "rejecting") unawaited.push(Promise.reject(new Error("nobody awaits this")));
  say("up");
  const running = { [Symbol.asyncDispose]: () => dispose(handle) };
  return behaviour === "slow-dispose" ? { ...running, hurry } : running;
}

async function dispose(handle: NodeJS.Timeout): Promise<void> {
  say("disposing");
  if (behaviour === "failing-dispose") throw new Error("the door is stuck");
  if (behaviour === "hanging-dispose") await new Promise(() => undefined);
  if (behaviour === "slow-dispose") await hurried.promise;
  if (behaviour !== "leaking") clearInterval(handle);
}

/** No window where a test sends a second signal, a long one where it sends an echo. */
const echoWindowMs = behaviour?.endsWith("-dispose") ? 0 : 60_000;

if (behaviour === "loading") await once(process, "disconnect");
await runService({ name: "child", start, echoWindowMs });
say("over");
