export type StepState = "done" | "current" | "waiting";

/** What is known to exist in the workspace. */
export type Progress = { provider: boolean; apiKey: boolean; request: boolean };

export type Checklist = {
  account: StepState;
  provider: StepState;
  apiKey: StepState;
  request: StepState;
  done: number;
  total: number;
};

/** A step counts when its thing exists, in whatever order it came; the first that is missing is the current one. */
export function buildChecklist(progress: Progress): Checklist {
  const steps = [true, progress.provider, progress.apiKey, progress.request];
  const current = steps.indexOf(false);
  const stateOf = (index: number): StepState => {
    if (steps[index] === true) return "done";
    return index === current ? "current" : "waiting";
  };
  return {
    account: stateOf(0),
    provider: stateOf(1),
    apiKey: stateOf(2),
    request: stateOf(3),
    done: steps.filter(Boolean).length,
    total: steps.length,
  };
}
