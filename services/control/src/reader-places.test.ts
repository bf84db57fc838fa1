import { expect, test } from "vitest";
import { createReaderPlaces } from "./reader-places.ts";

const refusal = expect.objectContaining({
  code: "rate_limit_exceeded",
  message: "Wait.",
  retryAfterSeconds: 10,
});
let users = 0;
const somebody = (workspace_id: string) => {
  users += 1;
  return { workspace_id, user_id: `user ${users}` };
};

test("places.enter · refuses what is too much for a workspace or for all, until a place is given back", () => {
  const places = createReaderPlaces({ total: 3, perWorkspace: 2, perUser: 2 }, "Wait.");
  const leave = places.enter(somebody("a"));
  places.enter(somebody("a"));
  expect(() => places.enter(somebody("a"))).toThrow(refusal);
  places.enter(somebody("b"));
  expect(() => places.enter(somebody("c"))).toThrow(refusal);
  leave();
  leave();
  places.enter(somebody("c"));
  expect(() => places.enter(somebody("a"))).toThrow(refusal);
});

test("places.enter · one user does not take everybody's places by many workspaces", () => {
  const places = createReaderPlaces({ total: 6, perWorkspace: 2, perUser: 2 }, "Wait.");
  places.enter({ workspace_id: "a", user_id: "eve" });
  places.enter({ workspace_id: "b", user_id: "eve" });
  expect(() => places.enter({ workspace_id: "c", user_id: "eve" })).toThrow(refusal);
  places.enter({ workspace_id: "c", user_id: "ada" });
});
