import { expect, test } from "vitest";
import { renderDocsPage } from "./docs-page.ts";
import { restRoutes } from "./routes.ts";

const page = renderDocsPage('https://control.example.com/"><script>');

test("docs · every call with its path, procedure and fields", () => {
  for (const { procedure, path } of restRoutes) {
    expect(page).toContain(`id="${procedure.replace(".", "-")}"`);
    expect(page).toContain(`<code>${path}</code>`);
  }
  expect(page).toContain("<td><code>base_url</code></td><td>uri, at most 2048 or null</td><td>optional</td>");
});

test("docs · no script and no unescaped text", () => {
  expect(page).not.toMatch(/<script/i);
  expect(page).not.toMatch(/ on\w+=/i);
  expect(page).not.toContain("[object Object]");
  expect(page).not.toContain("undefined");
});

test("docs · every link in the page leads somewhere", () => {
  const targets = [...page.matchAll(/href="#([^"]+)"/g)].map(([, target]) => target);
  expect(targets).toHaveLength(restRoutes.length);
  for (const target of targets) expect(page).toContain(`id="${target}"`);
});
