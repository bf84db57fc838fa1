import { execFileSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LineWriter } from "./line-writer.ts";

const lineCount = 500;
const lines = Array.from({ length: lineCount }, (_, line) => `${line} ${"x".repeat(1_000)}\n`);

describe("line writer", () => {
  let folder = "";
  let reader = -1;
  let end = -1;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "perpetuo-lines-"));
    execFileSync("mkfifo", [join(folder, "pipe")]);
    reader = openSync(join(folder, "pipe"), constants.O_RDONLY | constants.O_NONBLOCK);
    end = openSync(join(folder, "pipe"), "w");
  });

  afterEach(() => {
    for (const descriptor of [reader, end]) if (descriptor >= 0) closeSync(descriptor);
    rmSync(folder, { recursive: true });
  });

  function readAvailable(): string {
    const buffer = Buffer.alloc(1024 * 1024);
    try {
      return buffer.toString("utf8", 0, readSync(reader, buffer));
    } catch {
      return "";
    }
  }

  it("pipe with room · has the line when the call returns", () => {
    const writer = new LineWriter(end);
    writer.write("one\n");
    expect(readAvailable()).toBe("one\n");
    writer.close();
  });

  it("reader that is behind · the call returns, and every line arrives in order once it reads", async () => {
    const writer = new LineWriter(end);
    for (const line of lines) writer.write(line);
    let received = "";
    await vi.waitFor(
      () => {
        received += readAvailable();
        expect(received.length).toBe(lines.join("").length);
      },
      { timeout: 15_000, interval: 5 },
    );
    expect(received).toBe(lines.join(""));
    writer.close();
  });

  it("reader that never reads · the backlog is bounded, and the flush gives up", () => {
    const writer = new LineWriter(end);
    const long = `${"y".repeat(1024 * 1024)}\n`;
    for (let line = 0; line < 40; line += 1) writer.write(long);
    expect(writer.waitingBytes).toBeGreaterThan(15 * 1024 * 1024);
    expect(writer.waitingBytes).toBeLessThanOrEqual(17 * 1024 * 1024);
    writer.close();
    expect(readAvailable()).toMatch(/^y+$/);
  });

  it("reader that is gone · is no error", () => {
    const writer = new LineWriter(end);
    closeSync(reader);
    reader = -1;
    expect(() => writer.write("nobody\n")).not.toThrow();
    writer.close();
  });

  it("file · is written as it is opened, behind what it holds", () => {
    const path = join(folder, "file");
    const file = openSync(path, "a");
    const writer = new LineWriter(file);
    for (const line of lines) writer.write(line);
    writer.close();
    closeSync(file);
    expect(readFileSync(path, "utf8")).toBe(lines.join(""));
  });
});
