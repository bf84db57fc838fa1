import { expect, test } from "vitest";
import { describeMailFailure } from "./mail-failure.ts";

const url = "smtp://ada:correct%20horse@mail.example.com:587";
const base64 = (text: string) => Buffer.from(text).toString("base64");

test.each([
  ["AUTH PLAIN", base64("\0ada\0correct horse")],
  ["AUTH LOGIN", base64("correct horse")],
  ["the plain text", "correct horse"],
])("describeMailFailure · a refusal that repeats %s is told without it", (_name, secret) => {
  const error = Object.assign(new Error(`Invalid login: 535 cannot take ${secret} today`), {
    code: "EAUTH",
    responseCode: 535,
    response: `535 cannot take ${secret} today`,
  });
  expect(describeMailFailure(error, url)).toEqual({
    code: "EAUTH",
    response_code: 535,
    reason: "Invalid login: 535 cannot take [hidden] today",
  });
});

test("describeMailFailure · a server without a password has nothing to hide", () => {
  const error = Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:25"), { code: "ECONNREFUSED" });
  expect(describeMailFailure(error, "smtp://127.0.0.1:25")).toEqual({
    code: "ECONNREFUSED",
    response_code: null,
    reason: "connect ECONNREFUSED 127.0.0.1:25",
  });
});

test("describeMailFailure · a password that is not well encoded is hidden as it stands", () => {
  const error = new Error("535 cannot take 100%sure today");
  expect(describeMailFailure(error, "smtp://ada:100%sure@mail.example.com").reason).toBe(
    "535 cannot take [hidden] today",
  );
});
