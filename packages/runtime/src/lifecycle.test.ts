import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";

const childPath = fileURLToPath(new URL("./lifecycle.test-child.ts", import.meta.url));

type Ending = { code: number | null; signal: string | null; output: string[]; errors: string };

/** Starts a real process that runs a service; `said` waits for a line of its output. */
function startChild(behaviour: string, channel: "with-ipc" | "without-ipc" = "without-ipc") {
  const child: ChildProcess = spawn(process.execPath, [childPath, behaviour], {
    stdio: ["ignore", "pipe", "pipe", ...(channel === "with-ipc" ? (["ipc"] as const) : [])],
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error("The child has no output.");
  const output: string[] = [];
  const lines = createInterface({ input: stdout });
  lines.on("line", (line) => output.push(line));
  const errors = text(stderr);
  // `close` would say the same at once, but Node does not emit it after a disconnect.
  const exited = once(child, "exit");
  const outputEnded = once(lines, "close");

  const said = async (line: string): Promise<void> => {
    while (!output.includes(line)) await once(lines, "line");
  };
  const ended = async (): Promise<Ending> => {
    const [code, signal] = await exited;
    await outputEnded;
    return { code, signal, output, errors: await errors };
  };
  return { child, said, ended };
}

describe("runService", () => {
  it.each(["SIGTERM", "SIGINT"] as const)("%s · disposes once and exits 0", async (signal) => {
    const { child, said, ended } = startChild("serving");
    await said("up");
    child.kill(signal);
    const ending = await ended();
    expect(ending).toEqual({ code: 0, signal: null, output: ["up", "disposing", "over"], errors: "" });
  });

  it("echo of the signal · is ignored", async () => {
    const { child, said, ended } = startChild("serving");
    await said("up");
    child.kill("SIGINT");
    child.kill("SIGTERM");
    const ending = await ended();
    expect(ending).toMatchObject({ code: 0, output: ["up", "disposing", "over"] });
  });

  it.each([
    ["SIGTERM", 143],
    ["SIGINT", 130],
  ] as const)("second signal %s · exits %i while disposal hangs", async (signal, code) => {
    const { child, said, ended } = startChild("hanging-dispose");
    await said("up");
    child.kill("SIGTERM");
    await said("disposing");
    child.kill(signal);
    expect(await ended()).toMatchObject({ code, output: ["up", "disposing"] });
  });

  it("second signal to a service that can hurry · makes its disposal quick, exit 0", async () => {
    const { child, said, ended } = startChild("slow-dispose");
    await said("up");
    child.kill("SIGTERM");
    await said("disposing");
    child.kill("SIGTERM");
    expect(await ended()).toMatchObject({ code: 0, output: ["up", "disposing", "hurrying", "over"] });
  });

  it("end of the parent · disposes and exits 0", async () => {
    const { child, said, ended } = startChild("serving", "with-ipc");
    await said("up");
    child.disconnect();
    expect(await ended()).toMatchObject({ code: 0, output: ["up", "disposing", "over"] });
  });

  it("parent that ends while the child is loading · leaves no orphan", async () => {
    const { child, ended } = startChild("loading", "with-ipc");
    child.disconnect();
    expect(await ended()).toMatchObject({ code: 0, output: ["up", "disposing", "over"] });
  });

  it("signal during start · interrupts the start and exits 0", async () => {
    const { child, said, ended } = startChild("waiting-start");
    await said("waiting");
    child.kill("SIGTERM");
    expect(await ended()).toMatchObject({ code: 0, output: ["waiting", "over"], errors: "" });
  });

  it("wrong configuration · prints each problem on a line and exits 78", async () => {
    const { code, errors } = await startChild("misconfigured").ended();
    expect(code).toBe(78);
    expect(errors.trimEnd().split("\n")).toEqual([
      'FIRST "x" is not a whole number. Example: FIRST=8080',
      "SECOND is not set. Example: SECOND=8080",
    ]);
  });

  it("start that throws · logs the error with its cause and exits 1", async () => {
    const { code, errors } = await startChild("failing-start").ended();
    expect(code).toBe(1);
    expect(JSON.parse(errors)).toMatchObject({
      level: "fatal",
      service: "child",
      error: { message: "no such luck", cause: { message: "the root of it" } },
    });
  });

  it("start that a person can put right · prints one sentence and exits 1", async () => {
    const { code, errors } = await startChild("taken-port").ended();
    expect({ code, errors }).toEqual({
      code: 1,
      errors: "Port 8080 is taken. Set PROXY_PORT to a free one.\n",
    });
  });

  it.each([
    ["error", "crashing", "nobody catches this"],
    ["rejection", "rejecting", "nobody awaits this"],
  ])("uncaught %s · disposes, logs it and exits 1", async (_title, behaviour, message) => {
    const ending = await startChild(behaviour).ended();
    expect(ending).toMatchObject({ code: 1, output: ["up", "disposing", "over"] });
    expect(JSON.parse(ending.errors)).toMatchObject({
      level: "fatal",
      error: { message },
    });
  });

  it("disposal that throws · logs it and exits 1", async () => {
    const { child, said, ended } = startChild("failing-dispose");
    await said("up");
    child.kill("SIGTERM");
    const ending = await ended();
    expect(ending.code).toBe(1);
    expect(ending.errors).toContain("the door is stuck");
  });

  it("handle that outlives the service · is named in the log, and the process ends in spite of an echo", async () => {
    const { child, said, ended } = startChild("leaking");
    await said("up");
    child.kill("SIGTERM");
    await said("over");
    child.kill("SIGINT");
    const ending = await ended();
    expect(ending).toMatchObject({ code: 0, signal: null });
    expect(ending.errors).toContain('"resources":["');
  });
});
