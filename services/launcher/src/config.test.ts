import { ConfigError } from "@perpetuo/runtime/environment";
import { describe, expect, it } from "vitest";
import { readConfig } from "./config.ts";
import { passwordsToSet } from "./database.ts";
import { defineServices, probeUrl, proxyUrl } from "./services.ts";

const urls = { control: "postgres://c@h/d", proxy: "postgres://p@h/d", worker: "postgres://w@h/d" };
const define = (environment: Record<string, string>) =>
  defineServices(readConfig(environment), { urls, masterKey: "key" });

describe("readConfig", () => {
  it("defaults · the documented ports", () => {
    expect(readConfig({}).ports.map(({ variable, port }) => [variable, port])).toEqual([
      ["CONTROL_PORT", 3000],
      ["PROXY_PORT", 8080],
      ["MOCK_PROVIDER_PORT", 8090],
      ["MOCK_PROVIDER_RAW_PORT", 8091],
    ]);
  });

  it("without the demo · no ports for the mock provider", () => {
    const variables = readConfig({ PERPETUO_DEMO: "false", METRICS_PORT: "9090" }).ports.map(
      ({ variable }) => variable,
    );
    expect(variables).toEqual(["CONTROL_PORT", "PROXY_PORT", "METRICS_PORT"]);
  });

  it("two services on one port · refused, naming both variables", () => {
    const read = () => readConfig({ CONTROL_PORT: "8080" });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow("PROXY_PORT is 8080, which CONTROL_PORT has already");
  });
});

describe("defineServices", () => {
  it("environment · each service gets its own role's URL and no other credential", () => {
    const secrets = { DATABASE_URL: "postgres://owner@h/d", WORKER_DATABASE_URL: "postgres://w@h/d" };
    for (const { name, environment } of define(secrets)) {
      const credentials = Object.keys(environment).filter((key) => key.endsWith("DATABASE_URL"));
      const expected = { control: ["CONTROL_DATABASE_URL"], proxy: ["PROXY_DATABASE_URL"] }[name] ?? [];
      expect(credentials, name).toEqual(expected);
      expect("PERPETUO_MASTER_KEY" in environment, name).toBe(name !== "mock-provider");
    }
  });

  it("provider base URLs · the mock provider's, under what the user set", () => {
    const read = (environment: Record<string, string>) =>
      JSON.parse(define(environment).at(-1)?.environment["PERPETUO_PROVIDER_BASE_URLS"] ?? "") as unknown;
    expect(read({})).toEqual({ mock: "http://127.0.0.1:8090/v1" });
    const set = {
      PERPETUO_PROVIDER_BASE_URLS: '{"mock":"http://10.0.0.1/v1","openai":"http://10.0.0.2/v1"}',
    };
    expect(read(set)).toEqual({ mock: "http://10.0.0.1/v1", openai: "http://10.0.0.2/v1" });
    expect(read({ PERPETUO_DEMO: "false" })).toEqual({});
  });

  it("mock provider · stays on the loopback address", () => {
    const [mock] = define({ HOST: "0.0.0.0" });
    expect(mock?.environment["HOST"]).toBe("127.0.0.1");
  });

  it("without the demo · no mock provider", () => {
    expect(define({ PERPETUO_DEMO: "false" }).map(({ name }) => name)).toEqual(["control", "proxy"]);
  });
});

describe("addresses", () => {
  it.each([
    ["127.0.0.1", "http://127.0.0.1:8080", "http://localhost:8080"],
    ["0.0.0.0", "http://127.0.0.1:8080", "http://localhost:8080"],
    ["::1", "http://[::1]:8080", "http://localhost:8080"],
    ["10.1.2.3", "http://10.1.2.3:8080", "http://10.1.2.3:8080"],
    ["fd00::1", "http://[fd00::1]:8080", "http://[fd00::1]:8080"],
  ])("HOST=%s · is probed on %s and shown as %s", (host, probed, shown) => {
    const config = readConfig({ HOST: host });
    expect(probeUrl(config, config.proxyPort)).toBe(probed);
    expect(proxyUrl(config)).toBe(shown);
  });
});

describe("passwordsToSet", () => {
  const generated = { perpetuo_control: "a", perpetuo_proxy: "b", perpetuo_worker: "c" };

  it("nothing given · the generated ones", () => {
    expect(passwordsToSet(readConfig({}), generated)).toEqual(generated);
  });

  it("URL of the role itself · its password, decoded", () => {
    const config = readConfig({ PROXY_DATABASE_URL: "postgres://perpetuo_proxy:p%40ss@h/d" });
    expect(passwordsToSet(config, generated)).toEqual({ ...generated, perpetuo_proxy: "p@ss" });
  });

  it("URL of another role · that role keeps its password", () => {
    const config = readConfig({ PROXY_DATABASE_URL: "postgres://someone:secret@h/d" });
    expect(passwordsToSet(config, generated)).toEqual({ perpetuo_control: "a", perpetuo_worker: "c" });
  });
});
