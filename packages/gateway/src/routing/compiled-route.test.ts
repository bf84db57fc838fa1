import { describe, expect, test } from "vitest";
import { compileRoutes, judgeRoute } from "./compiled-route.ts";
import { policyOf, routeOf } from "./routing.test-fixture.ts";

const compile = (...routes: Parameters<typeof compileRoutes>[0]["routes"]) =>
  compileRoutes({ format: 1, routes, policies: [policyOf()] });

describe("judgeRoute", () => {
  const [route] = compile(
    routeOf({ a: {} }, { models: ["fast", "gpt-*"], metadata: { team: ["search", "ads"], tier: ["gold"] } }),
  );
  if (route === undefined) throw new Error("The route is compiled.");

  test.each([
    ["fast", { team: "ads", tier: "gold", other: "x" }, { kind: "fits" }],
    ["gpt-4o", { team: "search", tier: "gold" }, { kind: "fits" }],
    ["slow", { team: "ads", tier: "gold" }, { kind: "other-name" }],
    ["Fast", { team: "ads", tier: "gold" }, { kind: "other-name" }],
    ["fast", null, { kind: "metadata-absent", entry: "team" }],
    ["fast", { team: "ads" }, { kind: "metadata-absent", entry: "tier" }],
    ["fast", { team: "news", tier: "gold" }, { kind: "metadata-differs", entry: "team" }],
  ])("%s with %j · %j", (model, metadata, verdict) => {
    expect(judgeRoute(route, model, metadata)).toEqual(verdict);
  });

  test("an entry that every object has · is not taken for the request's", () => {
    const [inherited] = compile(routeOf({ a: {} }, { metadata: { constructor: ["x"] } }));
    if (inherited === undefined) throw new Error("The route is compiled.");
    expect(judgeRoute(inherited, "chat", {})).toEqual({ kind: "metadata-absent", entry: "constructor" });
  });
});

describe("compileRoutes", () => {
  test("policies · by id; one that the snapshot lacks is none", () => {
    const compiled = compile(
      routeOf({ a: {} }, { policy_id: "policy" }),
      routeOf({ a: {} }, { policy_id: "gone" }),
      routeOf({ a: {} }),
    );
    expect(compiled.map(({ policy }) => policy?.name ?? null)).toEqual(["Policy", null, null]);
  });
});
