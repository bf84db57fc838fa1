import { PerpetuoError } from "@perpetuo/contracts/errors";

/** Bounds the downloads that run at once, because each keeps the database busy for as long as its reader reads. */
export type DownloadGate = {
  /**
   * Takes a place and returns the function that gives it back.
   * @throws {PerpetuoError} `rate_limit_exceeded` when the workspace, or everybody together, has none left.
   */
  enter(workspaceId: string): () => void;
};

const retryAfterSeconds = 10;

export function createDownloadGate(limits = { total: 6, perWorkspace: 2 }): DownloadGate {
  const running = new Map<string, number>();
  let total = 0;
  return {
    enter(workspaceId) {
      const own = running.get(workspaceId) ?? 0;
      if (total >= limits.total || own >= limits.perWorkspace) {
        const message = "Too many downloads run at once. Wait until one of them has ended.";
        throw new PerpetuoError("rate_limit_exceeded", { message, retryAfterSeconds });
      }
      total += 1;
      running.set(workspaceId, own + 1);
      let entered = true;
      return () => {
        if (!entered) return;
        entered = false;
        total -= 1;
        const left = (running.get(workspaceId) ?? 1) - 1;
        if (left === 0) running.delete(workspaceId);
        else running.set(workspaceId, left);
      };
    },
  };
}
