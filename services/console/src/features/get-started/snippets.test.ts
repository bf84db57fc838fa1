import { expect, test } from "vitest";
import { buildSnippet, snippetLanguages } from "./snippets.ts";

const values = { baseUrl: "http://localhost:8080/v1", apiKey: "pk_0123", model: "mock-model" };

test.each(snippetLanguages)("buildSnippet · %s holds base URL, key and model", (language) => {
  const { code } = buildSnippet(language, values);
  for (const value of Object.values(values)) expect(code).toContain(value);
});

test("buildSnippet · curl's body stays one word of the shell when a value holds a quote", () => {
  const { code } = buildSnippet("curl", { ...values, model: "it's" });
  expect(code).toContain(`"model": "it'\\''s"`);
});

test.each(["python", "typescript", "ai-sdk"] as const)(
  "buildSnippet · %s escapes quotes in a value",
  (language) => {
    const { code } = buildSnippet(language, { ...values, model: 'a"b' });
    expect(code).toContain('"a\\"b"');
  },
);
