import { z } from "zod";

/** Control's REST envelope, as far as the launcher reads it. */
const envelopeSchema = z.union([
  z.object({ success: z.literal(true), data: z.unknown() }),
  z.object({ success: z.literal(false), error: z.object({ code: z.string(), message: z.string() }) }),
]);

export type Answer =
  | { kind: "ok"; data: unknown }
  | { kind: "refused"; status: number; code: string; message: string };

export type Call = { method: "GET" | "POST"; path: string; token?: string; body?: unknown };

/** Calls control's REST API on this machine. */
export async function callControl(baseUrl: string, { method, path, token, body }: Call): Promise<Answer> {
  const response = await fetch(`${baseUrl}${path}`, {
    method,
    headers: {
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(15_000),
  });
  const envelope = envelopeSchema.parse(await response.json());
  return envelope.success
    ? { kind: "ok", data: envelope.data }
    : { kind: "refused", status: response.status, ...envelope.error };
}

/** The data of a call that has no reason to fail. */
export async function requireData(baseUrl: string, call: Call): Promise<unknown> {
  const answer = await callControl(baseUrl, call);
  if (answer.kind === "ok") return answer.data;
  throw new Error(`${call.method} ${call.path} was refused: ${answer.code}, ${answer.message}`);
}
