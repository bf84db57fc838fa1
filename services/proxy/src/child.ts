import { readConfig } from "./config.ts";
import type { ToChild } from "./messages.ts";
import { ProxyProcess } from "./proxy-process.ts";

let started: ProxyProcess | null = null;

process.on("message", (message: ToChild) => {
  if (message.kind === "start") started = new ProxyProcess(readConfig(), message);
  else started?.receive(message);
});

// Without its supervisor nobody flushes what this process spools, and the next supervisor waits for its port.
process.on("disconnect", () => process.exit(1));

// The supervisor decides when this process ends; what a terminal or a process manager sends to the group reaches both.
const ignore = () => undefined;
process.on("SIGINT", ignore).on("SIGTERM", ignore).on("SIGHUP", ignore);
