import { describe, expect, test } from "vitest";
import { callOf, principalOf, receiptOf } from "../request.test-fixture.ts";
import { plan } from "./4-plan.ts";

describe("plan", () => {
  test("targets · in order, and written on the receipt", () => {
    const principal = principalOf(2);
    const receipt = receiptOf(principal);
    const planned = plan(callOf(), { principal, receipt }, () => 0);
    expect(planned.targets.map(({ providerKey }) => providerKey.provider_key_id)).toEqual([
      "provider-key-1",
      "provider-key-2",
    ]);
    expect(receipt.plan).toBe(planned);
  });

  test("no target · 404 naming the model, and the receipt says why", () => {
    const principal = principalOf(0);
    const receipt = receiptOf(principal);
    expect(() => plan(callOf({ model: "gone" }), { principal, receipt }, () => 0)).toThrow(
      expect.objectContaining({ code: "model_not_found", param: "model" }),
    );
    expect(() => plan(callOf({ model: "gone" }), { principal, receipt }, () => 0)).toThrow("'gone'");
    expect(receipt.plan).toMatchObject({ targets: [], candidates: [] });
  });
});
