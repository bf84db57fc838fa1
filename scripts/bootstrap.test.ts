import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const root = path.join(import.meta.dirname, "..");

/** Stands in for npm: notes each call in calls.txt, then installs by making node_modules, or fails as it is told. */
const fakeNpm = `
const fs = require("node:fs");
fs.appendFileSync(process.env.CALLS, process.argv.slice(2).join(" ") + "\\n");
if (process.env.FAILURE) {
  console.error("npm error code " + process.env.FAILURE);
  process.exit(1);
}
setTimeout(() => fs.mkdirSync("node_modules", { recursive: true }), Number(process.env.DELAY ?? 0));
`;

describe("bootstrap", () => {
  let checkout: string;
  let environment: NodeJS.ProcessEnv;

  beforeEach(() => {
    checkout = mkdtempSync(path.join(tmpdir(), "perpetuo-bootstrap-"));
    for (const name of ["scripts/bootstrap.mjs", "scripts/bootstrap", ".nvmrc"]) {
      cpSync(path.join(root, name), path.join(checkout, name), { recursive: true });
    }
    mkdirSync(path.join(checkout, "packages/one"), { recursive: true });
    write("package.json", '{ "workspaces": ["packages/*"], "type": "module" }');
    write("package-lock.json", "{}");
    write("packages/one/package.json", '{ "name": "one" }');
    write("npm-cli.cjs", fakeNpm);
    write(
      "entry.ts",
      "const code: number = 7;\nconsole.log(process.argv.slice(2).join());\nprocess.exitCode = code;\n",
    );
    environment = {
      ...process.env,
      npm_execpath: path.join(checkout, "npm-cli.cjs"),
      CALLS: path.join(checkout, "calls.txt"),
    };
  });
  afterEach(() => rmSync(checkout, { recursive: true, force: true }));

  const write = (file: string, text: string) => writeFileSync(path.join(checkout, file), text);
  const command = (entry: string) => [path.join(checkout, "scripts/bootstrap.mjs"), entry, "first", "second"];
  const calls = () =>
    existsSync(environment["CALLS"] ?? "")
      ? readFileSync(environment["CALLS"] ?? "", "utf8")
          .trim()
          .split("\n")
      : [];
  const run = (more: NodeJS.ProcessEnv = {}, entry = "entry.ts") =>
    spawnSync(process.execPath, command(entry), { env: { ...environment, ...more }, encoding: "utf8" });

  it("first run · installs without scripts, then runs the entry with its arguments and exit code", () => {
    const { status, stdout } = run();
    expect(status).toBe(7);
    expect(stdout).toBe("first,second\n");
    expect(calls()).toEqual([expect.stringMatching(/^install .*--ignore-scripts/)]);
  });

  it("second run · installs nothing", () => {
    run();
    run();
    expect(calls()).toHaveLength(1);
  });

  it("changed manifest of a workspace · installs again", () => {
    run();
    write("packages/one/package.json", '{ "name": "one", "dependencies": {} }');
    run();
    expect(calls()).toHaveLength(2);
  });

  it("interrupted installation · is done again", () => {
    expect(run({ FAILURE: "EUNKNOWN" }).status).toBe(1);
    expect(run().status).toBe(7);
    expect(calls()).toHaveLength(2);
  });

  it.each([
    ["ENOTFOUND", "the package registry cannot be reached"],
    ["EACCES", "no permission to write"],
    ["ENOSPC", "is full. Free about 1 GB"],
    ["ESOMETHING", "npm error code ESOMETHING"],
  ])("npm fails with %s · says what to do, without a stack", (FAILURE, sentence) => {
    const { status, stderr } = run({ FAILURE });
    expect(status).toBe(1);
    expect(stderr).toContain(sentence);
    expect(stderr).not.toContain("    at ");
  });

  it("several at once · one installs, the others wait for it", async () => {
    const children = Array.from({ length: 3 }, () =>
      spawn(process.execPath, command("entry.ts"), {
        env: { ...environment, DELAY: "300" },
        stdio: "ignore",
      }),
    );
    const codes = await Promise.all(children.map(async (child) => (await once(child, "exit"))[0] as number));
    expect(codes).toEqual([7, 7, 7]);
    expect(calls()).toHaveLength(1);
  });

  it("lock of a process that has died · is taken over", async () => {
    const dead = spawn(process.execPath, ["-e", ""]);
    await once(dead, "exit");
    mkdirSync(path.join(checkout, ".perpetuo"));
    write(".perpetuo/bootstrap.lock", String(dead.pid));
    expect(run().status).toBe(7);
    expect(existsSync(path.join(checkout, ".perpetuo/bootstrap.lock"))).toBe(false);
  });

  describe("signals", () => {
    const waiting = `
      process.on("SIGINT", () => console.log("SIGINT"));
      process.on("SIGTERM", () => process.exit(3));
      process.on("disconnect", () => {
        console.log("alone");
        process.exit(0);
      });
      console.log("pid " + process.pid);
      setInterval(() => undefined, 1000);`;

    const start = async (): Promise<{
      bootstrap: ChildProcess;
      output: () => string;
      says: (text: string) => Promise<void>;
    }> => {
      write("entry.ts", waiting);
      const bootstrap = spawn(process.execPath, command("entry.ts"), {
        env: environment,
        stdio: ["ignore", "pipe", "ignore"],
      });
      let output = "";
      bootstrap.stdout?.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
      const says = async (text: string) => {
        while (!output.includes(text)) await once(bootstrap.stdout ?? bootstrap, "data");
      };
      await says("pid ");
      return { bootstrap, output: () => output, says };
    };

    it("SIGINT and its echo · reach the entry once; SIGTERM ends it with its own exit code", async () => {
      const { bootstrap, output, says } = await start();
      bootstrap.kill("SIGINT");
      bootstrap.kill("SIGINT");
      await says("SIGINT");
      bootstrap.kill("SIGTERM");
      expect(await once(bootstrap, "exit")).toEqual([3, null]);
      expect(output().match(/SIGINT/g)).toHaveLength(1);
    });

    it("SIGKILL · the entry notices and ends", async () => {
      const { bootstrap, output } = await start();
      bootstrap.kill("SIGKILL");
      // The entry holds the pipe until it ends.
      await once(bootstrap, "close");
      expect(output()).toContain("alone");
    });
  });
});
