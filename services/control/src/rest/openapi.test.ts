import { errorTable } from "@perpetuo/contracts/errors";
import { Validator } from "@seriousme/openapi-schema-validator";
import { expect, test } from "vitest";
import { buildOpenApiDocument } from "./openapi.ts";
import { restRoutes } from "./routes.ts";

type Operation = {
  operationId: string;
  security: unknown[];
  parameters: { name: string; in: string; required: boolean }[];
  requestBody?: { content: { "application/json": { schema: { properties: object; required: string[] } } } };
};
type Document = { paths: Record<string, Record<string, Operation>> };

const document = buildOpenApiDocument("https://control.example.com");
const operations = Object.values((document as Document).paths).flatMap((methods) => Object.values(methods));
const find = (name: string) => operations.find(({ operationId }) => operationId === name);

test("openapi · valid by the schema of OpenAPI 3.1", async () => {
  const validator = new Validator();
  const result = await validator.validate(structuredClone(document));
  expect(result.errors).toBeUndefined();
  expect([result.valid, validator.version]).toEqual([true, "3.1"]);
});

test("openapi · one operation a route", () => {
  expect(operations.map(({ operationId }) => operationId).sort()).toEqual(
    restRoutes.map(({ procedure }) => procedure).sort(),
  );
});

test("openapi · fields stand in the path, the query or the body, never twice", () => {
  const update = find("providers.update");
  expect(update?.parameters.map(({ name, in: place }) => [name, place])).toEqual([
    ["workspace_id", "path"],
    ["provider_key_id", "path"],
  ]);
  const body = update?.requestBody?.content["application/json"].schema;
  expect(Object.keys(body?.properties ?? {}).sort()).toEqual(
    ["api_key", "base_url", "enabled", "models", "name", "priority", "weight"].sort(),
  );
  const list = find("logs.list");
  expect(list?.requestBody).toBeUndefined();
  expect(list?.parameters.find(({ name }) => name === "limit")).toMatchObject({
    in: "query",
    required: false,
  });
});

test("openapi · only sign-up and log-in need no session", () => {
  const open = operations
    .filter(({ security }) => security.length === 0)
    .map(({ operationId }) => operationId);
  expect(open.sort()).toEqual([
    "auth.logIn",
    "auth.requestPasswordReset",
    "auth.resetPassword",
    "auth.signUp",
    "members.previewInvite",
  ]);
});

test("openapi · names every error code", () => {
  const text = JSON.stringify(document);
  for (const code of Object.keys(errorTable)) expect(text).toContain(`"${code}"`);
});
