import { expect, test } from "vitest";
import { buildChecklist } from "./checklist.ts";

test("buildChecklist · a new workspace begins with the provider", () => {
  expect(buildChecklist({ provider: false, apiKey: false, request: false })).toEqual({
    account: "done",
    provider: "current",
    apiKey: "waiting",
    request: "waiting",
    done: 1,
    total: 4,
  });
});

test("buildChecklist · a step that was done out of order counts, and the gap before it is current", () => {
  expect(buildChecklist({ provider: false, apiKey: true, request: false })).toMatchObject({
    provider: "current",
    apiKey: "done",
    request: "waiting",
    done: 2,
  });
});

test("buildChecklist · nothing is current when all is done", () => {
  const checklist = buildChecklist({ provider: true, apiKey: true, request: true });
  expect(Object.values(checklist)).not.toContain("current");
  expect(checklist.done).toBe(checklist.total);
});
