import type { PublicError } from "../errors.ts";

/** Every answer of the REST API. */
export type Envelope = { success: true; data: unknown } | { success: false; error: PublicError };

export function success(data: unknown): Envelope {
  return { success: true, data };
}

export function failure(error: PublicError): Envelope {
  return { success: false, error };
}
