import { randomUUID } from "node:crypto";
import type { ConfigSnapshot, RouteMatch } from "@perpetuo/contracts/routing";
import { describe, expect, test } from "vitest";
import { checkSnapshot } from "./check-snapshot.ts";
import { createPolicy, createRoute, createSnapshot, createTarget, mainKey } from "./snapshot.test-fixture.ts";

const spare = { id: randomUUID(), name: "Spare", enabled: false };
const check = (snapshot: ConfigSnapshot) => checkSnapshot(snapshot, [mainKey, spare]);
const matching = (models: string[], metadata: RouteMatch["metadata"] = {}) => ({
  match: { models, metadata },
});

test("checkSnapshot · nothing to say of routes that are in order", () => {
  const policy = createPolicy({ timeouts: { connect_ms: 10, first_byte_ms: 10, total_ms: 10, idle_ms: 99 } });
  const first = createRoute({ policy_id: policy.policy_id });
  expect(check(createSnapshot([first, createRoute(matching(["*"]))], [policy]))).toEqual({
    problems: [],
    warnings: [],
  });
});

test("checkSnapshot · every problem at once, each with its route, field and a sentence", () => {
  const gone = createTarget({ provider_key_id: randomUUID() });
  const first = createRoute({ name: "First", targets: [createTarget(), gone, createTarget()] });
  const second = createRoute({ name: "First", ...matching(["a**b", " c"]), policy_id: randomUUID() });
  const { problems } = check(createSnapshot([first, second]));
  const [one, other] = [first.route_id, second.route_id];
  expect(problems.map(({ kind, route_id, field }) => [kind, route_id, field])).toEqual([
    ["name_taken", other, "name"],
    ["policy_missing", other, "policy_id"],
    ["pattern_invalid", other, "match.models.0"],
    ["pattern_invalid", other, "match.models.1"],
    ["provider_key_missing", one, "targets.1.provider_key_id"],
    ["target_repeated", one, "targets.2"],
  ]);
  expect(problems[4]?.message).toBe(
    'Route "First" has target 2 on a provider key that the workspace does not have.',
  );
});

test("checkSnapshot · the same provider key with another model is another target", () => {
  const targets = [createTarget(), createTarget({ upstream_model: "gpt-4" })];
  expect(check(createSnapshot([createRoute({ targets })])).problems).toEqual([]);
});

test("checkSnapshot · a disabled provider key is a warning, because its switch is live", () => {
  const targets = [createTarget({ provider_key_id: spare.id })];
  const { problems, warnings } = check(createSnapshot([createRoute({ name: "R", targets })]));
  expect(problems).toEqual([]);
  expect(warnings).toMatchObject([
    { kind: "provider_key_disabled", field: "targets.0.provider_key_id", policy_id: null },
  ]);
  expect(warnings[0]?.message).toContain('"Spare"');
});

test("checkSnapshot · what the data plane's own schema refuses names the route or the policy", () => {
  const route = createRoute({ targets: [] });
  const policy = createPolicy({ max_attempts: 99 });
  const { problems } = check(createSnapshot([route], [policy]));
  expect(problems).toMatchObject([
    { kind: "invalid_value", route_id: route.route_id, policy_id: null, field: "targets" },
    { kind: "invalid_value", route_id: null, policy_id: policy.policy_id, field: "max_attempts" },
  ]);
});

test("checkSnapshot · more text than a thread should hold is one problem of the whole", () => {
  const values = Array.from({ length: 100 }, (_, index) => `${index}`.padEnd(512, "x"));
  const many = Array.from({ length: 25 }, (_, index) =>
    createRoute(matching([`m${index}`], { team: values })),
  );
  expect(check(createSnapshot(many)).problems).toMatchObject([{ kind: "too_large", route_id: null }]);
  expect(check(createSnapshot(many.slice(1, 20))).problems).toEqual([]);
});

test("checkSnapshot · thousands of patterns that hide nothing do not hold the caller up", () => {
  const patterns = (start: string) => Array.from({ length: 100 }, (_, index) => `${start}${index}-*`);
  const routes = Array.from({ length: 200 }, (_, index) =>
    createRoute(matching([...patterns(`r${index}-`).slice(1), "never"])),
  );
  const last = createRoute(matching(["r0-99-x"]));
  const { warnings } = check(createSnapshot([...routes, last]));
  // What lies behind the bound of the search is not found.
  expect(warnings).toEqual([]);
});

describe("timeouts", () => {
  test("checkSnapshot · a policy's own contradiction is said once, of the policy", () => {
    const policy = createPolicy({ timeouts: { connect_ms: 900, first_byte_ms: 500 } });
    const route = createRoute({ policy_id: policy.policy_id });
    expect(check(createSnapshot([route], [policy])).problems).toMatchObject([
      { kind: "timeouts_inconsistent", policy_id: policy.policy_id, field: "timeouts.connect_ms" },
    ]);
  });

  test("checkSnapshot · a target may be given less time than its policy's other limits", () => {
    const policy = createPolicy({ timeouts: { first_byte_ms: 900 } });
    const targets = [createTarget({ timeouts: { total_ms: 400 } })];
    const route = createRoute({ policy_id: policy.policy_id, targets });
    expect(check(createSnapshot([route], [policy])).problems).toEqual([]);
  });

  test("checkSnapshot · a target that contradicts its policy is named", () => {
    const policy = createPolicy({ timeouts: { total_ms: 500 } });
    const targets = [
      createTarget({ timeouts: { first_byte_ms: 400 } }),
      createTarget({ upstream_model: "m" }),
    ];
    const late = createTarget({ upstream_model: "n", timeouts: { first_byte_ms: 501 } });
    const route = createRoute({ policy_id: policy.policy_id, targets: [...targets, late] });
    expect(check(createSnapshot([route], [policy])).problems).toMatchObject([
      { kind: "timeouts_inconsistent", route_id: route.route_id, field: "targets.2.timeouts.first_byte_ms" },
    ]);
  });
});

describe("shadowed routes", () => {
  const shadowed = (earlier: RouteMatch[], later: RouteMatch) => {
    const routes = [...earlier, later].map((match) => createRoute({ match }));
    const { warnings } = check(createSnapshot(routes));
    return warnings.some(({ route_id }) => route_id === routes.at(-1)?.route_id);
  };
  const match = (models: string[], metadata: RouteMatch["metadata"] = {}): RouteMatch => ({
    models,
    metadata,
  });

  test.each<[string, string]>([
    ["*", "gpt-4"],
    ["*", "*"],
    ["gpt-*", "gpt-4"],
    ["gpt-*", "gpt-4*"],
    ["*-mini", "gpt-*-mini"],
    ["a*b", "ab"],
    ["a*c*e", "abc*de"],
    ["gpt-4", "gpt-4"],
  ])("checkSnapshot · %s hides %s", (wider, narrower) => {
    expect(shadowed([match([wider])], match([narrower]))).toBe(true);
  });

  test.each<[string, string]>([
    ["gpt-4", "gpt-*"],
    ["gpt-*", "*"],
    ["gpt-*", "gpt"],
    ["*a*a", "ba"],
    ["a*c*e", "a*e"],
    ["gpt-4", "gpt-4o"],
    ["a*ba", "aba*"],
  ])("checkSnapshot · %s does not hide %s", (wider, narrower) => {
    expect(shadowed([match([wider])], match([narrower]))).toBe(false);
  });

  test("checkSnapshot · two routes can hide a third together, and are both named", () => {
    const first = createRoute({ name: "A", ...matching(["gpt-*"]) });
    const second = createRoute({ name: "B", ...matching(["claude-*"]) });
    const third = createRoute({ name: "C", ...matching(["gpt-4", "claude-3"]) });
    const { warnings } = check(createSnapshot([first, second, third]));
    expect(warnings).toMatchObject([{ kind: "route_shadowed", route_id: third.route_id, field: "match" }]);
    expect(warnings[0]?.message).toBe(
      'Route "C" is never reached: "A" and "B" before it answer all that it matches.',
    );
    expect(shadowed([match(["gpt-*"])], match(["gpt-4", "claude-3"]))).toBe(false);
  });

  test.each<[RouteMatch["metadata"], RouteMatch["metadata"], boolean]>([
    [{ team: ["a"] }, {}, false],
    [{}, { team: ["a"] }, true],
    [{ team: ["a", "b"] }, { team: ["a"] }, true],
    [{ team: ["a"] }, { team: ["a", "b"] }, false],
    [{ team: ["a"] }, { tier: ["x"], team: ["a"] }, true],
    [{ tier: ["a"] }, { team: ["a"] }, false],
  ])("checkSnapshot · metadata %j before %j: hidden is %s", (wider, narrower, expected) => {
    expect(shadowed([match(["*"], wider)], match(["*"], narrower))).toBe(expected);
  });

  test("checkSnapshot · gives up the search when hundreds of routes have hundreds of conditions", () => {
    const values = Array.from({ length: 100 }, (_, index) => String(index));
    const metadata = Object.fromEntries(["a", "b", "c", "d"].map((name) => [name, values]));
    const routes = Array.from({ length: 200 }, () => createRoute({ match: match(["gpt-4"], metadata) }));
    const { warnings } = check(createSnapshot(routes));
    expect(warnings.length).toBeGreaterThan(10);
    expect(warnings.length).toBeLessThan(100);
  });
});
