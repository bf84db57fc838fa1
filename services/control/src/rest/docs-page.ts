import { type JsonSchema, schemasOf } from "./procedure-schemas.ts";
import { type RestRoute, restRoutes } from "./routes.ts";

const style = `
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
  body { max-width: 60rem; margin: 0 auto; padding: 2rem 1rem 4rem; }
  code, pre { font: 0.875rem/1.5 ui-monospace, monospace; }
  pre { overflow-x: auto; padding: 1rem; border: 1px solid #8886; border-radius: 0.5rem; }
  nav ul { columns: 16rem; padding: 0; list-style: none; }
  article { margin: 1.5rem 0; padding: 1rem; border: 1px solid #8886; border-radius: 0.5rem; }
  article h3 { margin: 0; font-size: 1rem; overflow-wrap: anywhere; }
  table { width: 100%; border-collapse: collapse; }
  th, td { padding: 0.25rem 0.5rem; border-bottom: 1px solid #8884; text-align: left; vertical-align: top; }
  td:first-child { white-space: nowrap; }
  summary { cursor: pointer; padding: 0.25rem 0; }
  .method { display: inline-block; min-width: 4rem; font-weight: 700; }
`;

/** The reference page: made from the routes and schemas that serve the calls, plain HTML without a script. */
export function renderDocsPage(publicUrl: string): string {
  const groups = groupByRouter();
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Perpetuo control API</title>
<style>${style}</style>
</head>
<body>
<h1>Perpetuo control API</h1>
${renderIntroduction(publicUrl)}
<nav aria-label="Calls"><ul>
${restRoutes.map((route) => `<li><a href="#${anchorOf(route)}">${escapeHtml(route.procedure)}</a></li>`).join("\n")}
</ul></nav>
<main>
${groups.map(([name, routes]) => `<h2>${escapeHtml(name)}</h2>\n${routes.map(renderRoute).join("\n")}`).join("\n")}
</main>
</body>
</html>
`;
}

function renderIntroduction(publicUrl: string): string {
  const example = `curl ${publicUrl}/auth/login \\
  -H 'content-type: application/json' \\
  -d '{"email":"you@example.com","password":"…"}'

curl ${publicUrl}/workspaces -H 'authorization: Bearer TOKEN'`;
  return `<p>Every call takes and gives JSON. A success is <code>{"success":true,"data":…}</code>, a failure
<code>{"success":false,"error":{"code","message","details","request_id"}}</code>. Log in for a token and send it as
a bearer token. The same calls exist as tRPC procedures under <code>/trpc</code>, by the names below. The machine-readable form of
this page is <a href="/openapi.json">/openapi.json</a> (OpenAPI 3.1).</p>
<pre>${escapeHtml(example)}</pre>`;
}

function renderRoute(route: RestRoute): string {
  const { input, output } = schemasOf(route.procedure);
  return `<article id="${anchorOf(route)}">
<h3><span class="method">${route.method}</span> <code>${escapeHtml(route.path)}</code></h3>
<p>${escapeHtml(route.summary)}. <small>tRPC: <code>${escapeHtml(route.procedure)}</code></small></p>
${input === null ? "" : `<details open><summary>Input</summary>${renderFields(input)}</details>`}
<details><summary>${describeAnswer(route)}</summary>${renderFields(output)}</details>
</article>`;
}

function describeAnswer({ answer, status }: RestRoute): string {
  if (answer === undefined) return `Answer: <code>data</code>, status ${status}`;
  if (answer.kind === "events") return "Answer: server-sent events, each with a position as its id";
  return "Answer: a file of rows, CSV or JSON as <code>format</code> says";
}

function renderFields(schema: JsonSchema): string {
  const fields = Object.entries(schema.properties ?? {});
  if (fields.length === 0) return "<p>No fields.</p>";
  const rows = fields.map(([name, field]) => {
    const need = schema.required?.includes(name) === true ? "required" : "optional";
    return `<tr><td><code>${escapeHtml(name)}</code></td><td>${escapeHtml(describeType(field))}</td><td>${need}</td></tr>`;
  });
  return `<table><thead><tr><th>Field</th><th>Type</th><th></th></tr></thead><tbody>${rows.join("")}</tbody></table>`;
}

function describeType(schema: JsonSchema): string {
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (alternatives !== undefined) return alternatives.map(describeType).join(" or ");
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  const base = describeBase(schema);
  return schema.default === undefined ? base : `${base}, default ${JSON.stringify(schema.default)}`;
}

function describeBase(schema: JsonSchema): string {
  if (Array.isArray(schema.type)) {
    return schema.type.map((type) => describeBase({ ...schema, type })).join(" or ");
  }
  if (schema.type === "null") return "null";
  if (schema.type === "array") return `list of ${describeType(schema.items ?? {})}`;
  if (schema.type === "object") return describeObject(schema);
  const bounds = [
    boundOf("at least", schema["minimum"] ?? schema["minLength"]),
    boundOf("at most", schema["maximum"] ?? schema["maxLength"]),
  ].filter((bound) => bound !== "");
  return [schema.format ?? schema.type ?? "any", ...bounds].join(", ");
}

function describeObject(schema: JsonSchema): string {
  const fields = Object.keys(schema.properties ?? {});
  return fields.length === 0 ? "object" : `{ ${fields.join(", ")} }`;
}

/** zod states the largest safe integer for every integer; that is no rule worth reading. */
function boundOf(word: string, value: unknown): string {
  return typeof value === "number" && Math.abs(value) < Number.MAX_SAFE_INTEGER ? `${word} ${value}` : "";
}

function groupByRouter(): [string, RestRoute[]][] {
  const groups = new Map<string, RestRoute[]>();
  for (const route of restRoutes) {
    const name = route.procedure.split(".")[0] ?? "";
    groups.set(name, [...(groups.get(name) ?? []), route]);
  }
  return [...groups];
}

function anchorOf(route: RestRoute): string {
  return route.procedure.replace(".", "-");
}

function escapeHtml(text: string): string {
  const entities: Record<string, string> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
