import { createWriteStream, renameSync, statSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { finished } from "node:stream/promises";

/** A log beyond this size becomes `<name>.1.log` when the service starts the next time, replacing the one before. */
const maximumLogBytes = 20 * 1024 * 1024;
const loudLevels = new Set(["warn", "error", "fatal"]);

export type ServiceLog = AsyncDisposable & {
  file: string;
  /** Follows what one run of the service prints. */
  follow: (output: Readable) => void;
};

/** Keeps a service's output in `<directory>/<name>.log`, and shows a person its warnings and whatever is no record. */
export function openServiceLog(name: string, directory: string, show: (line: string) => void): ServiceLog {
  const file = path.join(directory, `${name}.log`);
  makeRoom(file);
  const sink = createWriteStream(file, { flags: "a", mode: 0o600 });
  const onLine = (line: string) => {
    sink.write(`${line}\n`);
    const seen = readLine(line);
    if (seen.kind !== "quiet") show(`${name}: ${seen.text}`);
  };
  return {
    file,
    follow: (output) => void createInterface({ input: output }).on("line", onLine),
    async [Symbol.asyncDispose]() {
      sink.end();
      await finished(sink);
    },
  };
}

type Seen = { kind: "quiet" } | { kind: "shown"; text: string };

function readLine(line: string): Seen {
  if (!line.startsWith("{")) return line.trim() === "" ? { kind: "quiet" } : { kind: "shown", text: line };
  try {
    const record = JSON.parse(line) as { level?: string; message?: string; error?: { message?: string } };
    if (!loudLevels.has(record.level ?? "")) return { kind: "quiet" };
    const cause = record.error?.message === undefined ? "" : ` (${record.error.message})`;
    return { kind: "shown", text: `${record.level} ${record.message ?? ""}${cause}` };
  } catch {
    return { kind: "shown", text: line };
  }
}

function makeRoom(file: string): void {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size > maximumLogBytes) renameSync(file, file.replace(/\.log$/, ".1.log"));
}
