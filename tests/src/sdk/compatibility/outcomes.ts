import { expect } from "vitest";
import { type CaseId, type Cell, cases } from "./cases.ts";
import { errorOf } from "./client.ts";

/** What a cell of the matrix turned out to be. A reason becomes a footnote of the document. */
export type Outcome =
  | { kind: "works" }
  | { kind: "not-offered"; by: "client" | "provider"; why: string }
  | { kind: "failed" };

/**
 * Runs a cell: the case, or the proof that the client has no call for it, or the refusal that names what the provider
 * lacks. Throws when the cell does not do what is expected of it.
 */
export async function judge(cell: Cell, id: CaseId): Promise<Outcome> {
  const missing = cell.client.missing[id];
  if (missing !== undefined) {
    await missing.prove();
    return { kind: "not-offered", by: "client", why: missing.why };
  }
  const lack = cell.provider.lacks[id];
  if (lack === undefined) {
    await cases[id].run(cell);
    return { kind: "works" };
  }
  const error = await errorOf(() => cases[id].run(cell));
  const { status, statusCode, message } = error as { status?: number; statusCode?: number; message: string };
  expect([400, 404]).toContain(status ?? statusCode);
  expect(message).toMatch(lack.says);
  return { kind: "not-offered", by: "provider", why: lack.why };
}

/** The outcomes by client, provider and case; a cell without one has not run to its end. */
export class Outcomes {
  private readonly byCell = new Map<string, Outcome>();

  /** Keeps a cell's outcome, which is a failure until `run` has ended well. */
  async record(cell: Cell, id: CaseId): Promise<void> {
    const name = cellName(cell.client.name, cell.provider.name, id);
    this.byCell.set(name, { kind: "failed" });
    this.byCell.set(name, await judge(cell, id));
  }

  of(client: string, provider: string, id: CaseId): Outcome {
    return this.byCell.get(cellName(client, provider, id)) ?? { kind: "failed" };
  }
}

function cellName(client: string, provider: string, id: CaseId): string {
  return `${client} → ${provider} · ${id}`;
}
