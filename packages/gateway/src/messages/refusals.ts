import { PerpetuoError } from "@perpetuo/contracts/errors";
import { unsupported } from "../chat/read-chat-request.ts";

/** Asks a provider to keep what it has read; the answer is the same without. */
const hints = ["cache_control"];

/** Refuses what a value asks for beyond the fields that are translated. `where` is the value's own place. */
export function refuseOthers(value: object, known: readonly string[], where: string): void {
  for (const [name, content] of Object.entries(value)) {
    if (content === null || content === undefined || known.includes(name) || hints.includes(name)) continue;
    throw unsupported(where === "" ? name : `${where}.${name}`, "it has no equivalent there");
  }
}

/** What the target's adapter says of the request that it was given, in the words of the one that the client sent. */
export function inClientsWords(error: unknown, origins: readonly (number | null)[]): unknown {
  if (!(error instanceof PerpetuoError) || error.param === null) return error;
  const { param } = error;
  const renamed = clientsName(param, origins);
  const message = error.message.replace(`'${param}'`, `'${renamed}'`);
  return new PerpetuoError(error.code, { message, param: renamed, cause: error });
}

/** By the first name of the path in a chat completion. */
const names: Readonly<Record<string, string>> = {
  stop: "stop_sequences",
  max_completion_tokens: "max_tokens",
  parallel_tool_calls: "tool_choice.disable_parallel_tool_use",
  response_format: "output_config.format",
  reasoning_effort: "output_config.effort",
  user: "metadata.user_id",
};

function clientsName(param: string, origins: readonly (number | null)[]): string {
  const message = /^messages\[(\d+)\]/.exec(param);
  if (message) {
    const origin = origins[Number(message[1])];
    return typeof origin === "number" ? `messages[${origin}]` : "system";
  }
  const first = /^[a-z_]+/.exec(param)?.[0] ?? param;
  return (
    names[first] ?? param.replace(/^(tools\[\d+\])\.function/, "$1").replace(/\.parameters/, ".input_schema")
  );
}
