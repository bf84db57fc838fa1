import { expect, test } from "vitest";
import { diffSnapshots } from "./diff-snapshots.ts";
import { createPolicy, createRoute, createSnapshot, createTarget } from "./snapshot.test-fixture.ts";

test("diffSnapshots · nothing between equal snapshots, whatever the order of their fields", () => {
  const route = createRoute();
  const turned = Object.fromEntries(Object.entries(route).reverse()) as typeof route;
  expect(diffSnapshots(createSnapshot([route]), createSnapshot([turned]))).toEqual({
    routes: [],
    policies: [],
  });
});

test("diffSnapshots · added, removed and changed, each with its name", () => {
  const [kept, removed, added] = [createRoute(), createRoute({ name: "Old" }), createRoute({ name: "New" })];
  const policy = createPolicy({ name: "Patient", timeouts: { idle_ms: 5 } });
  const changed = { ...policy, name: "Calm", timeouts: { total_ms: 7 } };
  const diff = diffSnapshots(
    createSnapshot([kept, removed], [policy]),
    createSnapshot([kept, added], [changed]),
  );
  expect(diff).toEqual({
    routes: [
      { kind: "added", id: added.route_id, name: "New", fields: [] },
      { kind: "removed", id: removed.route_id, name: "Old", fields: [] },
    ],
    policies: [
      {
        kind: "changed",
        id: policy.policy_id,
        name: "Calm",
        fields: [
          { field: "name", before: "Patient", after: "Calm" },
          { field: "timeouts.idle_ms", before: 5, after: null },
          { field: "timeouts.total_ms", before: null, after: 7 },
        ],
      },
    ],
  });
});

test("diffSnapshots · fields of a match by themselves, lists as a whole", () => {
  const route = createRoute({ match: { models: ["a"], metadata: { team: ["x"] } } });
  const targets = [createTarget({ weight: 3 })];
  const later = { ...route, match: { models: ["a", "b"], metadata: { team: ["x"], tier: ["y"] } }, targets };
  expect(diffSnapshots(createSnapshot([route]), createSnapshot([later])).routes[0]?.fields).toEqual([
    { field: "match.models", before: ["a"], after: ["a", "b"] },
    { field: "match.metadata.tier", before: null, after: ["y"] },
    { field: "targets", before: route.targets, after: targets },
  ]);
});

test("diffSnapshots · moving one route is told of that one alone", () => {
  const routes = ["A", "B", "C", "D"].map((name) => createRoute({ name }));
  const [a, b, c, d] = routes as [
    (typeof routes)[0],
    (typeof routes)[0],
    (typeof routes)[0],
    (typeof routes)[0],
  ];
  expect(diffSnapshots(createSnapshot([a, b, c, d]), createSnapshot([d, a, b, c])).routes).toEqual([
    { kind: "changed", id: d.route_id, name: "D", fields: [{ field: "position", before: 4, after: 1 }] },
  ]);
});

test("diffSnapshots · a route that only stands lower because another was added has not changed", () => {
  const [a, b] = [createRoute(), createRoute()];
  expect(diffSnapshots(createSnapshot([a]), createSnapshot([b, a])).routes).toMatchObject([
    { kind: "added", id: b.route_id },
  ]);
});
