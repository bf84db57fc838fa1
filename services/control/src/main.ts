import { runService } from "@perpetuo/runtime/lifecycle";
import { readConfig } from "./config.ts";
import { start } from "./start.ts";

await runService({ name: "control", start: () => start(readConfig()) });
