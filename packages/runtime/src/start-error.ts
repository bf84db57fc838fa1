/**
 * A start that failed for a reason that a person can put right: a taken port, a folder that cannot be written.
 * The message is one sentence on what is wrong and what to do; it is printed by itself, without a stack.
 */
export class StartError extends Error {
  override readonly name = "StartError";
}
