import { describe, expect, test } from "vitest";
import { readModelCall } from "../model-call.ts";
import { noTarget } from "./no-target.ts";
import { configOf, keyOf, routeOf } from "./routing.test-fixture.ts";
import { shortlistsFor } from "./shortlists.ts";

const call = readModelCall("embeddings", Buffer.from('{"model":"chat","input":"hi"}'));
const anthropic = keyOf("a", { provider: "anthropic", models: ["chat"] });
const other = keyOf("b", { models: ["other"] });

function messageFor(config: ReturnType<typeof configOf>): string {
  const error = noTarget(call, shortlistsFor(call, config, null));
  expect(error).toMatchObject({ code: "model_not_found", param: "model" });
  return error.message;
}

describe("noTarget", () => {
  test("a provider key that serves the model, and not the operation · is what the message is about", () => {
    expect(messageFor(configOf({ keys: [other, anthropic] }))).toBe(
      "No enabled provider key of this workspace offers embeddings for the model 'chat'.",
    );
    expect(messageFor(configOf({ keys: [anthropic], routes: [routeOf({ a: {} })] }))).toBe(
      "The route 'Chat' answers the model 'chat', and none of its targets that could be asked offers embeddings.",
    );
  });

  test("no provider key that serves the model · is another matter", () => {
    expect(messageFor(configOf({ keys: [other] }))).toContain("does not exist in this workspace");
    expect(messageFor(configOf({ keys: [other], routes: [routeOf({ b: {} })] }))).toContain(
      "none of its targets can be asked",
    );
  });
});
