import { PerpetuoError } from "@perpetuo/contracts/errors";

/** Somebody who reads something of a workspace that lasts. */
type Reader = { workspace_id: string; user_id: string };

/** A user's own bound keeps one person with many workspaces from taking every place. */
type ReaderLimits = { total: number; perWorkspace: number; perUser: number };

/** Bounds what lasts and runs at once, because each keeps the database busy for as long as its reader reads. */
export type ReaderPlaces = {
  /**
   * Takes a place and returns the function that gives it back.
   * @throws {PerpetuoError} `rate_limit_exceeded` when the workspace, the user, or everybody together has none left.
   */
  enter(reader: Reader): () => void;
};

const retryAfterSeconds = 10;

/** @param refusal tells a reader without a place what to do. */
export function createReaderPlaces(limits: ReaderLimits, refusal: string): ReaderPlaces {
  const taken = new Set<Reader>();
  return {
    enter({ workspace_id, user_id }) {
      const present = [...taken];
      const ofWorkspace = present.filter((reader) => reader.workspace_id === workspace_id).length;
      const ofUser = present.filter((reader) => reader.user_id === user_id).length;
      if (taken.size >= limits.total || ofWorkspace >= limits.perWorkspace || ofUser >= limits.perUser) {
        throw new PerpetuoError("rate_limit_exceeded", { message: refusal, retryAfterSeconds });
      }
      const reader = { workspace_id, user_id };
      taken.add(reader);
      return () => {
        taken.delete(reader);
      };
    },
  };
}
