import { execFile } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { promisify } from "node:util";
import { isRunning } from "@perpetuo/database/embedded/processes";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Launcher, launch, makePlace, notedProcesses, type Place } from "./launcher.test-process.ts";

const run = promisify(execFile);
const longMs = 90_000;

/** Runs the `curl` line that the launcher printed, as a person would paste it. */
async function pasteCurlLine(launcher: Launcher): Promise<string> {
  const line = /^Try it +(curl .*)$/m.exec(launcher.output())?.[1] ?? "";
  const { stdout } = await run("sh", ["-c", `${line} --silent --show-error`]);
  return stdout;
}

async function statusOf(url: string): Promise<number> {
  const response = await fetch(url);
  await response.body?.cancel();
  return response.status;
}

describe("npm start", { timeout: longMs }, () => {
  let place: Place;
  let launcher: Launcher;

  beforeAll(async () => {
    place = await makePlace();
    launcher = launch(place);
    await launcher.ready;
  }, longMs);
  afterAll(async () => {
    launcher.process.kill("SIGTERM");
    await launcher.ended;
    await place[Symbol.asyncDispose]();
  }, longMs);

  const restart = async () => {
    launcher = launch(place);
    await launcher.ready;
  };

  it("start · both ports are ready", async () => {
    expect(await statusOf(`${place.controlUrl}/ready`)).toBe(200);
    expect(await statusOf(`${place.proxyUrl}/ready`)).toBe(200);
  });

  it("start · the printed curl line streams a completion", async () => {
    const answer = await pasteCurlLine(launcher);
    expect(answer).toContain('"object":"chat.completion.chunk"');
    expect(answer.trim().endsWith("data: [DONE]")).toBe(true);
  });

  it("start · files with secrets are readable by their owner alone", () => {
    const modes = readdirSync(place.dataDir)
      .filter((name) => name.endsWith(".json"))
      .map((name) => [name, (statSync(path.join(place.dataDir, name)).mode & 0o777).toString(8)]);
    expect(Object.fromEntries(modes)).toMatchObject({
      "secrets.json": "600",
      "demo.json": "600",
      "postgres.json": "600",
    });
    expect(modes.every(([, mode]) => mode === "600")).toBe(true);
  });

  it("start · no service has the owner's credentials", () => {
    const [service = 0] = notedProcesses(place).services;
    expect(service).toBeGreaterThan(0);
    if (process.platform !== "linux") return;
    for (const pid of notedProcesses(place).services) {
      const environment = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
      expect(
        environment.filter((entry) => entry.startsWith("DATABASE_URL=") && entry !== "DATABASE_URL="),
      ).toEqual([]);
      expect(environment.some((entry) => entry.includes("perpetuo_owner"))).toBe(false);
    }
  });

  it("second launcher · is refused with the first one's process id", async () => {
    const second = launch(place);
    expect(await second.ended).toBe(1);
    expect(second.output()).toContain(
      `Perpetuo already runs from ${place.dataDir} (process ${launcher.process.pid})`,
    );
  });

  it("service · comes back after it was killed", async () => {
    const before = notedProcesses(place).services;
    process.kill(before.at(-1) ?? 0, "SIGKILL");
    await vi.waitFor(
      async () => {
        expect(notedProcesses(place).services).not.toEqual(before);
        expect(await statusOf(`${place.proxyUrl}/ready`)).toBe(200);
      },
      { timeout: 20_000, interval: 100 },
    );
    expect(await pasteCurlLine(launcher)).toContain("data: [DONE]");
  });

  it("kill -9 · services end, and the next start recovers with the same key", async () => {
    const orphans = notedProcesses(place).services;
    launcher.process.kill("SIGKILL");
    await launcher.ended;
    const curlLine = /^Try it .*$/m.exec(launcher.output())?.[0];
    await restart();
    expect(orphans.filter(isRunning)).toEqual([]);
    expect(/^Try it .*$/m.exec(launcher.output())?.[0]).toBe(curlLine);
    expect(await pasteCurlLine(launcher)).toContain("data: [DONE]");
  });

  it("Ctrl-C · stops everything, the database too", async () => {
    const { services } = notedProcesses(place);
    const database = databasePid(launcher, place);
    expect(isRunning(database)).toBe(true);
    launcher.process.kill("SIGINT");
    expect(await launcher.ended).toBe(0);
    expect(services.filter(isRunning)).toEqual([]);
    // The server's last act is to remove the file by which the launcher sees it end.
    await vi.waitFor(() => expect(isRunning(database)).toBe(false));
  });
});

/** The embedded server's process id, by the port that the launcher names. */
function databasePid(launcher: Launcher, { dataDir }: Place): number {
  const { cluster_id } = JSON.parse(readFileSync(path.join(dataDir, "postgres.json"), "utf8")) as {
    cluster_id: string;
  };
  const folders =
    process.getuid?.() === 0
      ? readdirSync("/var/lib/perpetuo").map((name) => `/var/lib/perpetuo/${name}`)
      : [];
  const folder = folders.find((name) => name.endsWith(cluster_id)) ?? path.join(dataDir, "postgres");
  expect(launcher.output()).toContain("embedded PostgreSQL on port");
  return Number(readFileSync(path.join(folder, "data/postmaster.pid"), "utf8").split("\n")[0]);
}

describe("npm start · refusals", { timeout: longMs }, () => {
  it("taken port · one sentence with the port, the variable and what to do", async () => {
    await using place = await makePlace();
    const port = Number(place.environment["PROXY_PORT"]);
    const squatter = createServer().listen(port, "127.0.0.1");
    await once(squatter, "listening");
    const launcher = launch(place);
    expect(await launcher.ended).toBe(1);
    squatter.close();
    const sentence = `Port ${port} for the gateway is taken by another program. Stop that program, or choose another port: PROXY_PORT=`;
    expect(launcher.output().startsWith(sentence)).toBe(true);
    expect(launcher.output().slice(sentence.length)).toMatch(/^\d+ npm start\n$/);
  });

  it("wrong environment · every problem at once, exit code 78", async () => {
    await using place = await makePlace();
    const launcher = launch(place, {
      CONTROL_PORT: "http",
      PERPETUO_DEMO: "perhaps",
      PERPETUO_MASTER_KEY: "c2hvcnQ=",
    });
    expect(await launcher.ended).toBe(78);
    const lines = launcher.output().trim().split("\n");
    expect(lines.map((line) => line.split(" ")[0]).sort()).toEqual([
      "CONTROL_PORT",
      "PERPETUO_DEMO",
      "PERPETUO_MASTER_KEY",
    ]);
    expect(launcher.output()).not.toContain("c2hvcnQ=");
  });

  it("data folder that is a file · one sentence", async () => {
    await using place = await makePlace();
    const launcher = launch(place, { PERPETUO_DATA_DIR: path.join(import.meta.dirname, "main.ts") });
    expect(await launcher.ended).toBe(1);
    expect(launcher.output()).toMatch(
      /^\S+main\.ts cannot be written \(EEXIST\)\. That path is a file; .*\n$/,
    );
  });

  it.each(['{"master_key": 1}', '{"master_key": "cut'])(
    "damaged secrets %s · are not replaced",
    async (text) => {
      await using place = await makePlace();
      const file = path.join(place.dataDir, "secrets.json");
      writeFileSync(file, text);
      const launcher = launch(place);
      expect(await launcher.ended).toBe(1);
      expect(launcher.output()).toContain(`${file} is damaged.`);
      expect(readFileSync(file, "utf8")).toBe(text);
    },
  );
});
