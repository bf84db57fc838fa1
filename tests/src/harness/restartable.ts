import type { ServiceProcess } from "./service-process.ts";

/** A service that a test stops or kills, and starts again. */
export type Restartable = AsyncDisposable & {
  start(): Promise<void>;
  /** The process that was started last. */
  current(): ServiceProcess;
};

export function restartable(launch: () => Promise<ServiceProcess>): Restartable {
  let process: ServiceProcess | null = null;
  return {
    async start() {
      process = await launch();
    },
    current() {
      if (process === null) throw new Error("The service has not been started.");
      return process;
    },
    async [Symbol.asyncDispose]() {
      await process?.[Symbol.asyncDispose]();
    },
  };
}
