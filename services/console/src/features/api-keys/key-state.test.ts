import { expect, test } from "vitest";
import { keyState } from "./key-state.ts";

const now = new Date("2026-11-22T12:00:00.000Z");
const past = "2026-11-22T11:59:59.999Z";
const future = "2026-11-22T12:00:00.001Z";

test.each([
  [{ revoked_at: null, expires_at: null }, "active"],
  [{ revoked_at: null, expires_at: future }, "active"],
  [{ revoked_at: null, expires_at: past }, "expired"],
  [{ revoked_at: null, expires_at: now.toISOString() }, "expired"],
  [{ revoked_at: past, expires_at: past }, "revoked"],
])("keyState · %j is %s", (key, kind) => {
  expect(keyState(key, now).kind).toBe(kind);
});
