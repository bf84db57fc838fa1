import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

/** Imports the module in a Node of its own and prints the addresses of all that it loads, one a line. */
const program = `
  import { registerHooks } from "node:module";
  registerHooks({ load: (url, context, next) => { console.log(url); return next(url, context); } });
  await import(process.argv[1]);
  process.exit();`;

/** Drizzle would cost a third of a second of every start and some 50 MB, once for each thread. */
test.each(["supervisor.ts", "lookups.ts"])("start · %s loads no Drizzle", async (file) => {
  const parameters = ["--input-type=module", "--eval", program, new URL(file, import.meta.url).href];
  const { stdout } = await promisify(execFile)(process.execPath, parameters);
  const loaded = stdout.split("\n");
  expect(loaded.filter((url) => url.includes("/postgres/"))).not.toEqual([]);
  expect(loaded.filter((url) => url.includes("/drizzle-orm/"))).toEqual([]);
});
