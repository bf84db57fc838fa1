import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestControl, type TestControl, testPassword } from "../test-control.ts";

let control: TestControl;

beforeAll(async () => {
  control = await startTestControl();
});
afterAll(() => control[Symbol.asyncDispose]());

describe("auth.signUp", () => {
  test("auth.signUp · 201 with user, token, default workspace and API key", async () => {
    const answer = await control.call({
      method: "POST",
      path: "/auth/signup",
      body: { email: "test@example.com", password: testPassword, name: "Test User" },
    });
    expect(answer.error).toBeNull();
    expect(answer.status).toBe(201);
    expect(answer.data).toEqual({
      user: {
        id: expect.any(String),
        email: "test@example.com",
        name: "Test User",
        created_at: expect.any(String),
      },
      token: expect.stringMatching(/^[a-z0-9]{52}$/),
      workspace: expect.objectContaining({ name: "Default Workspace", role: "owner", limits: {} }),
      api_key: expect.stringMatching(/^pk_[0-9a-f]{48}$/),
    });
  });
});
