export type TargetName = "mock" | "nginx" | "perpetuo";

/** Something that answers chat completions and can be measured. */
export type Target = {
  name: TargetName;
  /** The address of `POST /v1/chat/completions`. */
  url: string;
  authorization: string;
  /** The process whose CPU time is counted. */
  pid: number;
};
