import { lookup as dnsLookup, type LookupAddress } from "node:dns";
import { isIP } from "node:net";
import type { ProviderName } from "@perpetuo/contracts/providers";
import type { Endpoint, Operation } from "@perpetuo/gateway/adapter";
import type { Target } from "@perpetuo/gateway/plan";
import { type AddressPolicy, checkAddress } from "@perpetuo/security/address-filter";
import { LRUCache } from "lru-cache";
import { type Dispatcher, Pool } from "undici";
import { addressRefused, type TransportFailure, toTransportFailure } from "./transport-failure.ts";

/** What one call to an upstream tells its caller, in this order; exactly one of `onEnd` and `onError` comes last. */
export type UpstreamEvents = {
  onHead(status: number, headers: Record<string, string | string[] | undefined>): void;
  onData(chunk: Buffer): void;
  onEnd(): void;
  onError(failure: TransportFailure): void;
};

/** A call under way. After `abort` no event comes any more. */
export type UpstreamCall = {
  /** The request has left on a connection, so the provider may have begun to work. */
  readonly sent: boolean;
  abort(): void;
  pause(): void;
  resume(): void;
};

export type UpstreamOptions = {
  providerBaseUrls: Partial<Record<ProviderName, string>>;
  allowPrivateUpstreams: boolean;
  connectTimeoutMs: number;
  /** Opens a provider key's credential; throws when it cannot be opened. */
  openSecret: (target: Target) => string;
};

type Prepared = { endpoint: Endpoint; secret: string; pool: Pool };

const maxPools = 2_048;
const keepAliveMs = 30_000;

/**
 * The only way out. Connections to the built-in addresses are shared; a base URL that a workspace chose has a pool for
 * each provider key, because a hostile upstream can leave a second answer on a connection, which the next request on
 * it would receive.
 */
export class Upstreams {
  private readonly options: UpstreamOptions;
  private readonly prepared = new WeakMap<Target["providerKey"], Map<Operation, Prepared>>();
  private readonly pools = new LRUCache<string, Pool>({
    max: maxPools,
    dispose: (pool) => void Promise.allSettled([pool.close()]),
  });

  constructor(options: UpstreamOptions) {
    this.options = options;
  }

  /** Starts one call. Throws what `openSecret` throws, before anything is sent. */
  send(
    request: { target: Target; operation: Operation; body: Buffer },
    events: UpstreamEvents,
  ): UpstreamCall {
    const { endpoint, pool } = this.prepare(request.target, request.operation);
    const call = new DispatchedCall(events);
    pool.dispatch(
      { method: "POST", path: endpoint.path, headers: endpoint.headers, body: request.body },
      call,
    );
    return call;
  }

  /** Whether the bytes contain the credential that the target was called with. */
  revealsSecret(request: { target: Target; operation: Operation }, bytes: Buffer): boolean {
    return bytes.includes(this.prepare(request.target, request.operation).secret);
  }

  async close(): Promise<void> {
    const open = [...this.pools.values()];
    await Promise.all(open.map((pool) => pool.destroy()));
  }

  /** A provider key's endpoint and secret are made at its first call and live as long as its config does. */
  private prepare(target: Target, operation: Operation): Prepared {
    let byOperation = this.prepared.get(target.providerKey);
    if (byOperation === undefined) {
      byOperation = new Map();
      this.prepared.set(target.providerKey, byOperation);
    }
    let prepared = byOperation.get(operation);
    if (prepared === undefined || prepared.pool.closed || prepared.pool.destroyed) {
      prepared = this.build(target, operation);
      byOperation.set(operation, prepared);
    }
    return prepared;
  }

  private build(target: Target, operation: Operation): Prepared {
    const { providerKey, adapter } = target;
    const installed = this.options.providerBaseUrls[providerKey.provider] ?? adapter.defaultBaseUrl;
    const baseUrl = providerKey.base_url ?? installed;
    if (baseUrl === null) throw new Error(`provider key ${providerKey.provider_key_id} has no base URL`);
    const secret = this.options.openSecret(target);
    const endpoint = adapter.endpoint({ operation, baseUrl, secret });
    endpoint.headers["accept-encoding"] = "identity";
    endpoint.headers["user-agent"] = "perpetuo";
    const pool = this.poolFor(
      endpoint.origin,
      providerKey.base_url === null ? null : providerKey.provider_key_id,
    );
    return { endpoint, secret, pool };
  }

  /** `owner` is null for the installation's own addresses, which are shared and exempt from the address filter. */
  private poolFor(origin: string, owner: string | null): Pool {
    const name = `${owner ?? ""}|${origin}`;
    const known = this.pools.get(name);
    if (known) return known;
    const policy = { allowPrivate: this.options.allowPrivateUpstreams };
    const host = new URL(origin).hostname.replace(/^\[|\]$/g, "");
    // An address that is written out is never looked up, so it is judged here.
    if (owner !== null && isIP(host) !== 0 && checkAddress(host, policy).kind === "refused")
      throw addressRefused(host);
    const pool = new Pool(origin, {
      connections: null,
      pipelining: 1,
      allowH2: false,
      // The proxy has deadlines of its own: undici's are half a second too coarse.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: keepAliveMs,
      maxHeaderSize: 16_384,
      connect: {
        timeout: this.options.connectTimeoutMs,
        ...(owner === null ? {} : { lookup: filteredLookup(policy) }),
      },
    });
    this.pools.set(name, pool);
    return pool;
  }
}

type LookupCallback = (error: Error | null, address: string | LookupAddress[], family?: number) => void;

/**
 * Resolves to allowed addresses only, at every connect: a name that was public when it was saved may point inside now.
 */
function filteredLookup(policy: AddressPolicy) {
  return (hostname: string, options: { all?: boolean; family?: number }, callback: LookupCallback): void => {
    dnsLookup(hostname, { all: true, family: options.family ?? 0 }, (error, addresses) => {
      if (error) return callback(error, []);
      const allowed = addresses.filter(({ address }) => checkAddress(address, policy).kind === "allowed");
      const [first] = allowed;
      if (first === undefined) return callback(addressRefused(hostname), []);
      if (options.all) return callback(null, allowed);
      return callback(null, first.address, first.family);
    });
  };
}

class DispatchedCall implements UpstreamCall, Dispatcher.DispatchHandler {
  sent = false;
  private readonly events: UpstreamEvents;
  private controller: Dispatcher.DispatchController | null = null;
  private over = false;

  constructor(events: UpstreamEvents) {
    this.events = events;
  }

  abort(): void {
    if (this.over) return;
    this.over = true;
    this.controller?.abort(new Error("aborted by the gateway"));
  }

  pause(): void {
    if (!this.over) this.controller?.pause();
  }

  resume(): void {
    if (!this.over) this.controller?.resume();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Aborted while the connection was being made: nothing may be sent now.
    if (this.over) {
      controller.abort(new Error("aborted by the gateway"));
      return;
    }
    this.controller = controller;
    this.sent = true;
  }

  onResponseStart(
    _controller: unknown,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (!this.over && status >= 200) this.events.onHead(status, headers);
  }

  onResponseData(_controller: unknown, chunk: Buffer): void {
    if (!this.over) this.events.onData(chunk);
  }

  onResponseEnd(): void {
    if (this.over) return;
    this.over = true;
    this.events.onEnd();
  }

  onResponseError(_controller: unknown, error: Error): void {
    if (this.over) return;
    this.over = true;
    this.events.onError(toTransportFailure(error, this.sent));
  }
}
