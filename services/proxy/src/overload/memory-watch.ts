/** How much of its memory a process uses: `short` at three quarters, `critical` at nine tenths. */
export type MemoryState = "enough" | "short" | "critical";

const softShare = 0.75;
const hardShare = 0.9;
/** It counts as enough again a little below where it began to be short, so that it does not flutter. */
const enoughShare = 0.7;

/** The state after a look, from the state before it; a limit of null is no limit. */
export function judgeMemory(
  before: MemoryState,
  { usedBytes, limitBytes }: { usedBytes: number; limitBytes: number | null },
): MemoryState {
  if (limitBytes === null) return "enough";
  const share = usedBytes / limitBytes;
  if (share >= hardShare) return "critical";
  if (share >= softShare) return "short";
  return before !== "enough" && share >= enoughShare ? "short" : "enough";
}
