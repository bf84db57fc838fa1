/** A reason not to measure that a person can put right; its message is printed by itself, without a stack. */
export class BenchError extends Error {
  override readonly name = "BenchError";
}
