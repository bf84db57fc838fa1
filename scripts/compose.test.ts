import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";

type Service = {
  image: string;
  networks: string[];
  environment?: Record<string, string>;
  healthcheck?: unknown;
  read_only?: boolean;
  cap_drop?: string[];
  command?: string[];
  depends_on?: Record<string, { condition: string }>;
  ports?: string[];
};
type Compose = { services: Record<string, Service>; networks: Record<string, { internal?: boolean }> };

const root = path.join(import.meta.dirname, "..");
const text = readFileSync(path.join(root, "docker-compose.yml"), "utf8");
const compose = parse(text, { merge: true }) as Compose;

/** The compose specification's schema, which dclint brings along. Its formats are compose's own, not JSON Schema's. */
const schemaFile = path.join(
  path.dirname(createRequire(import.meta.url).resolve("dclint/package.json")),
  "schemas/compose.schema.json",
);
const schema = JSON.parse(readFileSync(schemaFile, "utf8")) as { $schema?: string };
const validate = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile({
  ...schema,
  $schema: undefined,
});
const ours = ["migrate", "control", "proxy"];

describe("docker-compose.yml", () => {
  it("schema · is valid by the compose specification", () => {
    validate(compose);
    expect(validate.errors).toBeNull();
  });

  it("schema · refuses a key that the specification lacks", () => {
    const broken = structuredClone(compose) as unknown as {
      services: Record<string, Record<string, unknown>>;
    };
    broken.services["proxy"] = { ...broken.services["proxy"], restarts: "always" };
    expect(validate(broken)).toBe(false);
  });

  it("secrets · have no default", () => {
    const secrets = [...text.matchAll(/\$\{(\w*(?:PASSWORD|MASTER_KEYS?))([^}]*)\}/g)];
    expect(secrets.length).toBeGreaterThan(6);
    for (const [, name = "", rest = ""] of secrets) {
      const allowed = name.includes("PREVIOUS") ? /^:-$/ : /^:\?/;
      expect(rest, name).toMatch(allowed);
    }
  });

  it("database · is reached on an internal network only", () => {
    expect(compose.services["postgres"]?.networks).toEqual(["data"]);
    expect(compose.services["postgres"]?.ports).toBeUndefined();
    expect(compose.networks["data"]?.internal).toBe(true);
  });

  it("services · run an entry of the checkout with as few rights as they need", () => {
    for (const name of ours) {
      const service = compose.services[name];
      expect(service?.read_only, name).toBe(true);
      expect(service?.cap_drop, name).toEqual(["ALL"]);
      const entry = service?.command?.at(-1) ?? "";
      expect(() => readFileSync(path.join(root, entry)), entry).not.toThrow();
    }
  });

  it("services · are healthy before others depend on them", () => {
    expect(compose.services["migrate"]?.depends_on?.["postgres"]?.condition).toBe("service_healthy");
    for (const name of ["control", "proxy"]) {
      expect(compose.services[name]?.healthcheck, name).toBeDefined();
      expect(compose.services[name]?.depends_on?.["migrate"]?.condition).toBe(
        "service_completed_successfully",
      );
    }
  });

  it("owner's credentials · reach the migration alone", () => {
    for (const [name, service] of Object.entries(compose.services)) {
      expect("DATABASE_URL" in (service.environment ?? {}), name).toBe(name === "migrate");
    }
  });
});
