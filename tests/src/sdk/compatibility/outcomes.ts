import { expect } from "vitest";
import type { Cell } from "./case.ts";
import { type CaseId, cases } from "./cases.ts";
import { errorOf } from "./client.ts";

/** What a cell of the matrix turned out to be. A reason becomes a footnote of the document. */
export type Outcome =
  | { kind: "works" }
  | { kind: "not-offered"; by: "client" | "provider"; why: string }
  | { kind: "failed" };

/** The outcomes by client, provider and case; a cell without one has not run to its end. */
export class Outcomes {
  private readonly byCell = new Map<string, Outcome>();
  /** What a client lacks it lacks for every provider, and is proved once. */
  private readonly proofs = new Map<string, Promise<void>>();

  /** Keeps a cell's outcome, which is a failure until `run` has ended well. */
  async record(cell: Cell, id: CaseId): Promise<void> {
    const name = cellName(cell.client.name, cell.provider.name, id);
    this.byCell.set(name, { kind: "failed" });
    this.byCell.set(name, await this.judge(cell, id));
  }

  /**
   * Runs a cell: the case, or the proof that the client has no call for it, or the refusal that names what the provider
   * lacks. Throws when the cell does not do what is expected of it.
   */
  private async judge(cell: Cell, id: CaseId): Promise<Outcome> {
    const missing = cell.client.missing[id];
    if (missing !== undefined) {
      const name = `${cell.client.name} · ${id}`;
      const proof = this.proofs.get(name) ?? Promise.resolve(missing.prove(cell));
      this.proofs.set(name, proof);
      await proof;
      return { kind: "not-offered", by: "client", why: missing.why };
    }
    const lack = cell.provider.lacks[id];
    if (lack === undefined) {
      await cases[id].run(cell);
      return { kind: "works" };
    }
    await expectRefusal(() => cases[id].run(cell), lack.says);
    return { kind: "not-offered", by: "provider", why: lack.why };
  }

  of(client: string, provider: string, id: CaseId): Outcome {
    return this.byCell.get(cellName(client, provider, id)) ?? { kind: "failed" };
  }
}

async function expectRefusal(call: () => Promise<void>, says: RegExp): Promise<void> {
  const error = await errorOf(call);
  const { status, statusCode, message } = error as { status?: number; statusCode?: number; message: string };
  expect([400, 404]).toContain(status ?? statusCode);
  expect(message).toMatch(says);
}

function cellName(client: string, provider: string, id: CaseId): string {
  return `${client} → ${provider} · ${id}`;
}
