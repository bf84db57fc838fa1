import { describe, expect, test } from "vitest";
import { readClientError } from "./errors.ts";
import { type ClientCredentials, createPerpetuoClient } from "./vanilla.ts";

type Sent = { url: string; init: RequestInit };

const workspaceId = "0198a000-0000-7000-8000-000000000001";

/** A client whose calls are kept, and answered by `answer`. */
function recordingClient(credentials: ClientCredentials, answer: () => Promise<Response>) {
  const sent: Sent[] = [];
  const client = createPerpetuoClient({
    baseUrl: "https://perpetuo.example/",
    credentials,
    fetch: (url, init = {}) => {
      sent.push({ url: String(url), init });
      return answer();
    },
  });
  return { client, sent };
}

const empty = async () => Response.json([{ result: { data: { items: [] } } }]);
const headerOf = ({ init }: Sent, name: string) => new Headers(init.headers).get(name);

describe("createPerpetuoClient", () => {
  test("createPerpetuoClient · sends the bearer token and no cookie", async () => {
    const { client, sent } = recordingClient({ kind: "bearer", token: "secret-token" }, empty);
    expect(await client.apiKeys.list.query({ workspace_id: workspaceId })).toEqual({ items: [] });
    const [call] = sent;
    if (call === undefined) throw new Error("nothing was sent");
    expect(new URL(call.url).origin).toBe("https://perpetuo.example");
    expect(new URL(call.url).pathname).toBe("/trpc/apiKeys.list");
    expect(headerOf(call, "authorization")).toBe("Bearer secret-token");
    expect(call.init.credentials).toBe("omit");
  });

  test("createPerpetuoClient · asks for the token before every call", async () => {
    let token: string | null = null;
    const { client, sent } = recordingClient({ kind: "bearer", token: () => token }, empty);
    await client.apiKeys.list.query({ workspace_id: workspaceId });
    token = "fresh";
    await client.apiKeys.list.query({ workspace_id: workspaceId });
    expect(sent.map((call) => headerOf(call, "authorization"))).toEqual([null, "Bearer fresh"]);
  });

  test("createPerpetuoClient · leaves the proof to the cookie of its own origin", async () => {
    const { client, sent } = recordingClient({ kind: "cookie" }, empty);
    await client.apiKeys.list.query({ workspace_id: workspaceId });
    expect(sent.map(({ init }) => init.credentials)).toEqual(["same-origin"]);
    expect(sent.map((call) => headerOf(call, "authorization"))).toEqual([null]);
  });

  test("createPerpetuoClient · sends calls of the same moment together, as JSON", async () => {
    const { client, sent } = recordingClient({ kind: "cookie" }, async () =>
      Response.json([{ result: { data: {} } }, { result: { data: {} } }]),
    );
    await Promise.all([client.auth.logOut.mutate(), client.auth.logOut.mutate()]);
    expect(sent.map(({ url }) => new URL(url).pathname)).toEqual(["/trpc/auth.logOut,auth.logOut"]);
    expect(sent.map((call) => headerOf(call, "content-type"))).toEqual(["application/json"]);
  });
});

describe("readClientError", () => {
  const failureOf = async (answer: () => Promise<Response>): Promise<unknown> => {
    const { client } = recordingClient({ kind: "cookie" }, answer);
    return client.auth.me.query().then(
      () => null,
      (error: unknown) => error,
    );
  };

  test("readClientError · answered, with code, status, request id and details", async () => {
    const data = {
      code: "invalid_request",
      httpStatus: 400,
      request_id: "request-1",
      path: "auth.me",
      details: { fields: [{ field: "name", rule: "too_small", message: "Too short." }] },
    };
    const error = await failureOf(async () =>
      Response.json([{ error: { code: -32_600, message: "name: Too short.", data } }], { status: 400 }),
    );
    expect(readClientError(error)).toEqual({
      kind: "answered",
      code: "invalid_request",
      status: 400,
      message: "name: Too short.",
      request_id: "request-1",
      details: data.details,
    });
  });

  test.each([
    ["the connection fails", () => Promise.reject(new TypeError("fetch failed"))],
    [
      "something else answers with a page",
      async () => new Response("<h1>502 Bad Gateway</h1>", { status: 502 }),
    ],
    [
      "something else answers with JSON of its own",
      async () => Response.json({ message: "no healthy upstream" }, { status: 503 }),
    ],
  ])("readClientError · unreachable when %s", async (_case, answer) => {
    expect(readClientError(await failureOf(answer))).toMatchObject({ kind: "unreachable" });
  });

  test("readClientError · unexpected for a failure of the program itself", () => {
    expect(readClientError(new RangeError("out of range"))).toEqual({
      kind: "unexpected",
      message: "out of range",
    });
  });
});
