/** What a target is compared as. */
export type TargetKind = "direct" | "nginx" | "perpetuo" | "peer";

/** Something that answers chat completions and can be measured. */
export type Target = {
  /** Unique in a run; a peer has the name that the command line gives it. */
  name: string;
  kind: TargetKind;
  /** The address of `POST /v1/chat/completions`. */
  url: string;
  /** Authorization, and what else the target needs. */
  headers: Record<string, string>;
  /** What the target calls a model: `{model}` stands for the mock provider's name of it. */
  model: string;
  /** The processes whose CPU time is counted. */
  pids: readonly number[];
};

const titles: Record<Exclude<TargetKind, "peer">, string> = {
  direct: "mock provider, called directly (its own CPU)",
  nginx: "nginx, plain reverse proxy",
  perpetuo: "Perpetuo, everything on",
};

/** How reports call a target. */
export function titleOf({ name, kind }: Pick<Target, "name" | "kind">): string {
  return kind === "peer" ? name : titles[kind];
}

export const completionsPath = "/v1/chat/completions";
