import type { ErrorText } from "../answer/error-answer.ts";

/**
 * Refuses as OpenAI does: no credential and one that begins with `sk-bad` get 401, one that begins with
 * `sk-forbidden` gets 403. Null: the credential is good, as every other one is.
 */
export function refusedCredential(header: string): ErrorText | null {
  const credential = header.replace(/^Bearer\s+/i, "");
  if (credential === "") {
    return refusal(401, "You didn't provide an API key.");
  }
  if (credential.startsWith("sk-bad")) {
    return refusal(401, `Incorrect API key provided: ${credential.slice(0, 6)}***${credential.slice(-4)}.`);
  }
  if (credential.startsWith("sk-forbidden")) {
    return refusal(403, "You are not allowed to sample from this model.");
  }
  return null;
}

function refusal(status: number, message: string): ErrorText {
  const code = status === 401 ? "invalid_api_key" : "forbidden";
  return { status, type: "invalid_request_error", code, message };
}
