import { runService } from "@perpetuo/runtime/lifecycle";
import { readConfig } from "./config.ts";
import { start } from "./supervisor.ts";

await runService({ name: "proxy", start: () => start(readConfig()) });
