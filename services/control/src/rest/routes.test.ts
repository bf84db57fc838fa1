import { expect, test } from "vitest";
import { allowedMethods } from "./allowed-methods.ts";
import { procedureNames, schemasOf } from "./procedure-schemas.ts";
import { restRoutes } from "./routes.ts";

test("restRoutes · every procedure has one route, and every route a procedure", () => {
  expect(restRoutes.map(({ procedure }) => procedure).sort()).toEqual(procedureNames().sort());
});

test.each(restRoutes)("$procedure · streams where the table says so", ({ procedure, answer }) => {
  expect(answer !== undefined).toBe(schemasOf(procedure).streams);
});

test("restRoutes · no two routes share method and path", () => {
  const places = restRoutes.map(({ method, path }) => `${method} ${path.replace(/\{\w+\}/g, "{}")}`);
  expect(new Set(places).size).toBe(places.length);
});

test.each(restRoutes)(
  "$procedure · GET for a query, another method for a mutation",
  ({ method, procedure }) => {
    expect(method === "GET").toBe(schemasOf(procedure).type !== "mutation");
  },
);

test.each(restRoutes)(
  "$procedure · the fields of its path are required fields of its input",
  ({ path, procedure }) => {
    const { input } = schemasOf(procedure);
    const fields = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    expect(input?.required ?? []).toEqual(expect.arrayContaining(fields));
  },
);

test("restRoutes · the paths of the specification are there", () => {
  const workspace = "/workspaces/{workspace_id}";
  const places = restRoutes.map(({ method, path }) => `${method} ${path}`);
  expect(places).toEqual(
    expect.arrayContaining([
      "POST /auth/signup",
      "POST /auth/login",
      "GET /auth/me",
      "POST /auth/logout",
      "GET /workspaces",
      "POST /workspaces",
      ...["GET", "PUT", "DELETE"].map((method) => `${method} ${workspace}`),
      ...["GET", "POST"].map((method) => `${method} ${workspace}/providers`),
      ...["PUT", "DELETE"].map((method) => `${method} ${workspace}/providers/{provider_key_id}`),
      ...["GET", "POST"].map((method) => `${method} ${workspace}/api-keys`),
      `POST ${workspace}/api-keys/{api_key_id}/revoke`,
      `DELETE ${workspace}/api-keys/{api_key_id}`,
      `GET ${workspace}/logs`,
      `GET ${workspace}/usage`,
      `GET ${workspace}/usage/by-provider`,
    ]),
  );
});

test("allowedMethods · those of the path, whatever its ids, and none elsewhere", () => {
  expect(allowedMethods("/workspaces/1/providers/2")).toEqual(["PUT", "DELETE"]);
  expect(allowedMethods("/auth/login")).toEqual(["POST"]);
  expect(allowedMethods("/auth/login/x")).toEqual([]);
});
