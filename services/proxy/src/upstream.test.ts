import type { ProviderKeyConfig } from "@perpetuo/contracts/gateway-config";
import type { Target } from "@perpetuo/gateway/routing/target";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { PassedHead } from "./dialects/dialect.ts";
import { Origin } from "./http1/origin.test-server.ts";
import { callOf, planOf, principalOf, providerKeyOf } from "./request.test-fixture.ts";
import type { TransportFailure } from "./transport-failure.ts";
import { TurnEnd } from "./turn-end.ts";
import { type UpstreamOptions, Upstreams } from "./upstream.ts";

const ok = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";

let origin: Origin;
const opened: Upstreams[] = [];
beforeEach(async () => {
  origin = await Origin.start();
});
afterEach(async () => {
  for (const upstreams of opened.splice(0)) upstreams.close();
  await origin[Symbol.asyncDispose]();
});

function open(options: Partial<UpstreamOptions> = {}): Upstreams {
  const upstreams = new Upstreams({
    providerBaseUrls: { mock: `http://127.0.0.1:${origin.port}/v1` },
    allowPrivateUpstreams: true,
    connectTimeoutMs: 5_000,
    turnEnd: new TurnEnd(setImmediate),
    openSecret: ({ providerKey }) => `sk-${providerKey.provider_key_id}`,
    ...options,
  });
  opened.push(upstreams);
  return upstreams;
}

function targetOf(overrides: Partial<ProviderKeyConfig>): Target {
  const [target] = planOf(principalOf()).targets;
  if (target === undefined) throw new Error("the plan is empty");
  return { ...target, providerKey: providerKeyOf(overrides) };
}

type Heard = { status: number | null; body: string; failure: TransportFailure | null };

function send(upstreams: Upstreams, target: Target, head: PassedHead | null = null) {
  const heard: Heard = { status: null, body: "", failure: null };
  const { promise, resolve } = Promise.withResolvers<void>();
  const call = upstreams.send(
    { target, call: callOf(), head, body: Buffer.from("{}") },
    {
      onHead: (status) => {
        heard.status = status;
      },
      onData: (bytes) => {
        heard.body += bytes.toString();
      },
      onEnd: resolve,
      onError: (failure) => {
        heard.failure = failure;
        resolve();
      },
    },
  );
  return { call, heard, ended: promise };
}

/** A call that the origin answers on its connection `index`, as request `count` there. */
async function answered(
  upstreams: Upstreams,
  target: Target,
  [index, count]: [number, number],
): Promise<Heard> {
  const { heard, ended } = send(upstreams, target);
  (await origin.requests(index, count)).socket.write(ok);
  await ended;
  return heard;
}

describe("Upstreams", () => {
  test("the installation's own address · is shared by all provider keys, each with its credential", async () => {
    const upstreams = open();
    for (const [index, id] of ["a", "b"].entries()) {
      const target = targetOf({ provider_key_id: id, workspace_id: id });
      expect(await answered(upstreams, target, [0, index + 1])).toEqual({
        status: 200,
        body: "{}",
        failure: null,
      });
    }
    expect(origin.sides).toHaveLength(1);
    const { received = "" } = origin.sides[0] ?? {};
    expect(received.match(/authorization: .*/g)).toEqual([
      "authorization: Bearer sk-a",
      "authorization: Bearer sk-b",
    ]);
    expect(received).toContain("POST /v1/chat/completions HTTP/1.1\r\n");
    expect(received).toContain("accept-encoding: identity\r\n");
  });

  test("an address that a workspace chose · is shared by nobody, though it is the same", async () => {
    const upstreams = open();
    const base_url = `http://127.0.0.1:${origin.port}/v1`;
    const targets = ["a", "b"].map((id) => targetOf({ provider_key_id: id, base_url }));
    for (const [index, target] of targets.entries()) await answered(upstreams, target, [index, 1]);
    for (const [index, target] of targets.entries()) await answered(upstreams, target, [index, 2]);
    expect(origin.sides.map(({ received }) => new Set(received.match(/sk-./g)))).toEqual([
      new Set(["sk-a"]),
      new Set(["sk-b"]),
    ]);
  });

  test("what of the client's head goes along · replaces the adapter's own, in one call only", async () => {
    const upstreams = open();
    const target = targetOf({});
    send(upstreams, target, { query: "beta=true", headers: { "anthropic-beta": "a, b", accept: "x/y" } });
    send(upstreams, target);
    const { received } = await origin.requests(0, 1);
    const other = await origin.requests(1, 1);
    expect(received).toContain("POST /v1/chat/completions?beta=true HTTP/1.1\r\n");
    expect(received).toContain("anthropic-beta: a, b\r\n");
    expect(received.match(/accept: .*/g)).toEqual(["accept: x/y"]);
    expect(other.received).toContain("POST /v1/chat/completions HTTP/1.1\r\n");
    expect(other.received).not.toContain("anthropic-beta");
  });

  test("models that a client invents · are not all kept in mind", async () => {
    const opened: string[] = [];
    const upstreams = open({
      openSecret: ({ upstreamModel }) => {
        opened.push(upstreamModel);
        return "sk-a";
      },
    });
    const target = targetOf({});
    const ask = (upstreamModel: string) => {
      const codec = { ...target.codec, wire: "translated" as const };
      const invented = { ...target, upstreamModel, codec };
      upstreams.revealsSecret({ target: invented, call: callOf() }, Buffer.alloc(0));
    };
    for (let model = 0; model < 1_000; model++) ask(`model-${model}`);
    ask("model-999");
    ask("model-0");
    expect(opened.filter((model) => model === "model-999")).toHaveLength(1);
    expect(opened.filter((model) => model === "model-0")).toHaveLength(2);
  });

  test("a private address that is written out · is refused before anything is dialled", () => {
    const upstreams = open({ allowPrivateUpstreams: false });
    const target = targetOf({ base_url: `http://127.0.0.1:${origin.port}/v1` });
    expect(() => send(upstreams, target)).toThrow(/not a public address/);
    expect(origin.sides).toHaveLength(0);
  });

  test("a name that leads to a private address · is refused when it is dialled", async () => {
    const upstreams = open({ allowPrivateUpstreams: false });
    const { heard, ended, call } = send(
      upstreams,
      targetOf({ base_url: `http://localhost:${origin.port}/v1` }),
    );
    await ended;
    expect(heard.failure).toMatchObject({ code: "upstream_address_refused", sent: false });
    expect(call.sent).toBe(false);
    expect(origin.sides).toHaveLength(0);
  });

  test("a credential that would end its header · is never written", () => {
    const upstreams = open({ openSecret: () => "sk\r\nx-injected: 1" });
    expect(() => send(upstreams, targetOf({}))).toThrow(
      expect.objectContaining({ code: "HTTP1_INVALID_REQUEST" }),
    );
  });

  test("no HTTP · is told as an invalid response to a request that was sent", async () => {
    const { heard, ended } = send(open(), targetOf({}));
    (await origin.requests(0, 1)).socket.write("220 smtp ready\r\n");
    await ended;
    expect(heard.failure).toMatchObject({ code: "upstream_invalid_response", sent: true });
  });

  test("aborted · nothing is heard any more, and pausing and resuming do nothing", async () => {
    const { call, heard } = send(open(), targetOf({}));
    const { closed } = await origin.requests(0, 1);
    call.abort();
    call.abort();
    call.pause();
    call.resume();
    await closed;
    expect(heard).toEqual({ status: null, body: "", failure: null });
  });

  test("closed · calls under way end with an error", async () => {
    const upstreams = open();
    const { heard, ended } = send(upstreams, targetOf({}));
    await origin.requests(0, 1);
    upstreams.close();
    await ended;
    expect(heard.failure).toMatchObject({ code: "upstream_unreachable", sent: true });
  });

  test("revealsSecret · finds the credential in bytes", () => {
    const request = { target: targetOf({ provider_key_id: "a" }), call: callOf() };
    const upstreams = open();
    expect(upstreams.revealsSecret(request, Buffer.from("key sk-a is wrong"))).toBe(true);
    expect(upstreams.revealsSecret(request, Buffer.from("key sk-b is wrong"))).toBe(false);
  });
});
