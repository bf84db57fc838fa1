import { readFileSync } from "node:fs";

/**
 * Loaded into the gateway before everything else: its wall clock is that of the machine plus what the file says, in
 * milliseconds. The monotonic clock goes on as it is, as it does when a machine's time is set.
 */
const file = process.env["PERPETUO_TEST_CLOCK_FILE"] ?? "";
const machineNow = Date.now;
let offsetMs = 0;

function readOffset(): void {
  try {
    offsetMs = Number(readFileSync(file, "utf8"));
  } catch {
    // The file is being written.
  }
}

readOffset();
setInterval(readOffset, 50).unref();

Date.now = () => machineNow() + offsetMs;
globalThis.Date = new Proxy(Date, {
  construct: (target, values) =>
    Reflect.construct(target, values.length === 0 ? [target.now()] : values) as object,
});
