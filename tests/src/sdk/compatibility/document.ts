import { readFileSync } from "node:fs";
import path from "node:path";
import { repositoryRoot } from "../../harness/service-process.ts";
import { type CaseId, caseIds, cases } from "./cases.ts";
import type { SdkClient } from "./client.ts";
import type { Outcome, Outcomes } from "./outcomes.ts";
import { type MatrixProvider, matrixProviders } from "./providers.ts";

/** Where the document is, from the root of the checkout. */
export const documentPath = path.join(repositoryRoot, "docs/compatibility.md");

/** The text of `docs/compatibility.md` for these outcomes. */
export function compatibilityDocument(clients: readonly SdkClient[], outcomes: Outcomes): string {
  const notes: string[] = [];
  const tables = clients.map((client) => clientTable(client, { outcomes, notes }));
  return [
    introduction,
    clientsSection(clients),
    casesSection(),
    ...tables,
    notes.map((why, index) => `[^${index + 1}]: ${why}`).join("\n"),
  ]
    .filter((part) => part !== "")
    .join("\n\n")
    .concat("\n");
}

const introduction = `# Compatibility

Which client works with which provider, case by case. Each cell is the outcome of a test in
[tests/src/sdk](../tests/src/sdk/compatibility.test.ts): the official package, unchanged, calls a running gateway, whose
provider is the [mock](../services/mock-provider/README.md) that speaks the provider's own wire. ✓ works, – is not offered by
the client or by the provider (the footnote says which), ✗ fails. \`npm run docs:compatibility\` runs the tests and writes this page;
\`npm test\` fails when the page differs from what they found.`;

function clientsSection(clients: readonly SdkClient[]): string {
  const versions = packageVersions();
  const rows = clients.map(({ name, packages, path: called }) => {
    const installed = packages.map((item) => `\`${item}\` ${versions[item]}`).join(", ");
    return [linkTo(name), installed, `\`${called}\``];
  });
  return `## Clients\n\n${table(["client", "packages", "calls"], rows)}`;
}

function casesSection(): string {
  const rows = caseIds.map((id) => [cases[id].title, cases[id].promise]);
  return `## Cases\n\n${table(["case", "what ✓ says"], rows)}`;
}

function clientTable(client: SdkClient, found: { outcomes: Outcomes; notes: string[] }): string {
  const rows = caseIds.map((id) => [
    cases[id].title,
    ...matrixProviders.map((provider) => mark(outcomeOf(client, provider, { id, ...found }), found.notes)),
  ]);
  return `## ${client.name}\n\n${table(["case", ...matrixProviders.map(({ name }) => name)], rows)}`;
}

function outcomeOf(
  client: SdkClient,
  provider: MatrixProvider,
  { id, outcomes }: { id: CaseId; outcomes: Outcomes },
): Outcome {
  return outcomes.of(client.name, provider.name, id);
}

/** The same reason is one footnote, however many cells refer to it. */
function mark(outcome: Outcome, notes: string[]): string {
  if (outcome.kind === "works") return "✓";
  if (outcome.kind === "failed") return "✗";
  const who = outcome.by === "client" ? "this client" : "the provider";
  const note = `Not offered by ${who}: ${outcome.why}`;
  if (!notes.includes(note)) notes.push(note);
  return `–[^${notes.indexOf(note) + 1}]`;
}

function table(head: string[], rows: string[][]): string {
  const lines = [head, head.map(() => "---"), ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function linkTo(heading: string): string {
  const anchor = heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
  return `[${heading}](#${anchor})`;
}

/** The exact versions that the suite runs with. */
function packageVersions(): Record<string, string> {
  const text = readFileSync(path.join(repositoryRoot, "tests/package.json"), "utf8");
  return (JSON.parse(text) as { devDependencies: Record<string, string> }).devDependencies;
}
