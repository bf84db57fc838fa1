import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";

/** What the upstream answers instead of the mock provider; null lets the call through to it. */
export type Refusal = { status: number; headers?: Record<string, string>; code?: string };

/** An upstream in front of the mock provider that fails when it is told to, for the credentials that it is told. */
export type FailingUpstream = AsyncDisposable & {
  /** Ends in `/v1`, for a provider key. */
  baseUrl: string;
  /** When each call with this credential arrived; milliseconds of `performance.now()`. */
  calls(secret: string): number[];
  refuse(secret: string, refusal: Refusal): void;
  recover(secret: string): void;
};

export async function startFailingUpstream(mockUrl: string): Promise<FailingUpstream> {
  const refusals = new Map<string, Refusal>();
  const calls = new Map<string, number[]>();
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { authorization = "" } = request.headers;
    const secret = authorization.replace(/^Bearer /, "");
    const seen = calls.get(secret) ?? [];
    seen.push(performance.now());
    calls.set(secret, seen);
    const body = await text(request);
    const refusal = refusals.get(secret);
    if (refusal !== undefined) {
      const error = {
        message: "The test wants it so.",
        type: "error",
        param: null,
        code: refusal.code ?? null,
      };
      response.writeHead(refusal.status, { "content-type": "application/json", ...refusal.headers });
      response.end(JSON.stringify({ error }));
      return;
    }
    const headers = { authorization, "content-type": "application/json" };
    const forwarded = await fetch(`${mockUrl}${request.url}`, { method: "POST", headers, body });
    response.writeHead(forwarded.status, { "content-type": "application/json" });
    response.end(await forwarded.text());
  };
  const server = createServer((request, response) => {
    // What cannot be answered is cut; the gateway sees a broken connection.
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server listens on a port.");
  return {
    baseUrl: `http://127.0.0.1:${address.port}/v1`,
    calls: (secret) => calls.get(secret) ?? [],
    refuse: (secret, refusal) => void refusals.set(secret, refusal),
    recover: (secret) => void refusals.delete(secret),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
