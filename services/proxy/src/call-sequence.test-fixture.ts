import type { attemptWorld } from "./attempt.test-fixture.ts";

export type World = ReturnType<typeof attemptWorld>;

const whole = '{"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3}}';
const noBody = '{"error":{"message":"no"}}';

/** Answers the newest call with a status. */
export function answerLast({ upstreams }: World, status: number, headers: Record<string, string> = {}): void {
  upstreams.calls.at(-1)?.answer(status, status < 300 ? whole : noBody, headers);
}

/** Lets what is due run, as far as it goes. */
export async function letPass(world: World, milliseconds: number): Promise<number> {
  await microtasks();
  world.pass(milliseconds);
  await microtasks();
  return world.upstreams.calls.length;
}

export async function microtasks(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

/** Makes the first target's breaker open. */
export function openFirst({ health, input }: World): void {
  for (let failure = 0; failure < 5; failure++) endCall({ health, input }, "failure");
}

export function endCall(
  { health, input }: Pick<World, "health" | "input">,
  kind: "failure" | "quota-spent",
): void {
  const [target] = input.plan.targets;
  if (target === undefined) throw new Error("The plan has a target.");
  const entry = health.enter(target);
  if (entry.kind === "entered") health.leave(entry.pass, { kind });
}
