import { lookup as dnsLookup } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import type { ProviderName } from "@perpetuo/contracts/providers";
import type { ModelCall } from "@perpetuo/gateway/adapter";
import type { Target } from "@perpetuo/gateway/routing/target";
import { type AddressPolicy, checkAddress } from "@perpetuo/security/address-filter";
import { LRUCache } from "lru-cache";
import type { PassedHead } from "./dialects/dialect.ts";
import type { Caller, Connection } from "./http1/connection.ts";
import { Dialer } from "./http1/dialer.ts";
import {
  encodeRequest,
  type RequestHead,
  type RequestPrefix,
  requestPrefix,
} from "./http1/outgoing-request.ts";
import { Pool } from "./http1/pool.ts";
import type { ResponseHead, ResponseHeaders } from "./http1/response-head.ts";
import { addressRefused, type TransportFailure, toTransportFailure } from "./transport-failure.ts";
import type { TurnEnd } from "./turn-end.ts";

/** What one call to an upstream tells its caller, in this order; exactly one of `onEnd` and `onError` comes last. */
export type UpstreamEvents = {
  onHead(status: number, headers: ResponseHeaders): void;
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
  /** When requests are written. */
  turnEnd: TurnEnd;
  /** Opens a provider key's credential; throws when it cannot be opened. */
  openSecret: (target: Target) => string;
};

/** What decides where a call goes. */
export type UpstreamRequest = { target: Target; call: Pick<ModelCall, "operation" | "stream"> };

/** `head` is what of the client's own goes along; null: nothing. */
export type SentRequest = UpstreamRequest & { head: PassedHead | null; body: Buffer };

type Prepared = { address: RequestHead; prefix: RequestPrefix; secret: string; pool: Pool };

const maxPools = 2_048;
/** Endpoints that are kept for one provider key: where it serves any model, clients choose their names. */
const maxEndpoints = 256;
/** How often idle connections are looked through, in milliseconds. */
const sweepMs = 1_000;

const now = () => performance.now();

/**
 * The only way out. Connections to the built-in addresses are shared; a base URL that a workspace chose has a pool for
 * each provider key, because a hostile upstream can leave a second answer on a connection, which the next request on
 * it would receive.
 */
export class Upstreams {
  private readonly options: UpstreamOptions;
  private readonly prepared = new WeakMap<Target["providerKey"], Map<string, Prepared>>();
  private readonly pools = new LRUCache<string, Pool>({
    max: maxPools,
    dispose: (pool) => pool.retire(),
  });
  private readonly sweeper: NodeJS.Timeout;

  constructor(options: UpstreamOptions) {
    this.options = options;
    this.sweeper = setInterval(() => this.sweep(), sweepMs);
    this.sweeper.unref();
  }

  /** Starts one call. Throws what `openSecret` throws, before anything is sent. */
  send(request: SentRequest, events: UpstreamEvents): UpstreamCall {
    const { address, prefix, pool } = this.prepare(request);
    const { head, body } = request;
    const call = new SentCall(events);
    call.connection = pool.send(
      encodeRequest(head === null ? prefix : prefixWith(address, head), body),
      call,
      request.target.timeouts?.connect_ms,
    );
    return call;
  }

  /** Whether the bytes contain the credential that the target was called with. */
  revealsSecret(request: UpstreamRequest, bytes: Buffer): boolean {
    return bytes.includes(this.prepare(request).secret);
  }

  /** Closes every connection; calls under way end with an error. */
  close(): void {
    clearInterval(this.sweeper);
    for (const pool of this.pools.values()) pool.destroy();
  }

  private sweep(): void {
    for (const pool of this.pools.values()) pool.sweep();
  }

  /** A provider key's endpoint and secret are made at its first call and live as long as its config does. */
  private prepare(request: UpstreamRequest): Prepared {
    const { target } = request;
    const name = endpointName(request);
    let byOperation = this.prepared.get(target.providerKey);
    if (byOperation === undefined) {
      byOperation = new Map();
      this.prepared.set(target.providerKey, byOperation);
    }
    let prepared = byOperation.get(name);
    if (prepared === undefined || prepared.pool.isClosed) {
      prepared = this.build(request);
      if (byOperation.size >= maxEndpoints) byOperation.clear();
      byOperation.set(name, prepared);
    }
    return prepared;
  }

  private build({ target, call }: UpstreamRequest): Prepared {
    const { providerKey, adapter, codec, upstreamModel } = target;
    const installed = this.options.providerBaseUrls[providerKey.provider] ?? adapter.defaultBaseUrl;
    const baseUrl = providerKey.base_url ?? installed;
    if (baseUrl === null) throw new Error(`provider key ${providerKey.provider_key_id} has no base URL`);
    const secret = this.options.openSecret(target);
    const endpoint = codec.endpoint({ baseUrl, secret, upstreamModel, stream: call.stream });
    endpoint.headers["accept-encoding"] = "identity";
    endpoint.headers["user-agent"] = "perpetuo";
    const origin = new URL(endpoint.origin);
    const address = { host: origin.host, path: endpoint.path, headers: endpoint.headers };
    const prefix = requestPrefix(address);
    const pool = this.poolFor(origin, providerKey.base_url === null ? null : providerKey.provider_key_id);
    return { address, prefix, secret, pool };
  }

  /** `owner` is null for the installation's own addresses, which are shared and exempt from the address filter. */
  private poolFor(origin: URL, owner: string | null): Pool {
    const name = `${owner ?? ""}|${origin.origin}`;
    const known = this.pools.get(name);
    if (known) return known;
    const policy = { allowPrivate: this.options.allowPrivateUpstreams };
    const host = origin.hostname.replace(/^\[|\]$/g, "");
    // An address that is written out is never looked up, so it is judged here.
    if (owner !== null && isIP(host) !== 0 && checkAddress(host, policy).kind === "refused")
      throw addressRefused(host);
    const dialer = new Dialer({ origin, ...(owner === null ? {} : { lookup: filteredLookup(policy) }) });
    const { connectTimeoutMs, turnEnd } = this.options;
    const pool = new Pool({ dialer, connectTimeoutMs, turnEnd, now });
    this.pools.set(name, pool);
    return pool;
  }
}

/** Not kept: a client chooses what it sends. Its headers replace the adapter's, of which it knows no credential's name. */
function prefixWith({ host, path, headers }: RequestHead, passed: PassedHead): RequestPrefix {
  const query = passed.query === null ? "" : `?${passed.query}`;
  return requestPrefix({ host, path: path + query, headers: { ...headers, ...passed.headers } });
}

/** A translated wire may name the model and the way of answering in its path. */
function endpointName({ target, call }: UpstreamRequest): string {
  const { codec, upstreamModel } = target;
  return codec.wire === "pass-through"
    ? call.operation
    : `${call.operation} ${call.stream ? "stream" : "whole"} ${upstreamModel}`;
}

/**
 * Resolves to allowed addresses only, at every connect: a name that was public when it was saved may point inside now.
 */
function filteredLookup(policy: AddressPolicy): LookupFunction {
  return (hostname, options, callback): void => {
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

class SentCall implements UpstreamCall, Caller {
  sent = false;
  /** Null only until the request is on its way. Once the call is over, the connection is another's. */
  connection: Connection | null = null;
  private readonly events: UpstreamEvents;
  private over = false;

  constructor(events: UpstreamEvents) {
    this.events = events;
  }

  abort(): void {
    if (this.over) return;
    this.over = true;
    this.connection?.abort();
  }

  pause(): void {
    if (!this.over) this.connection?.pause();
  }

  resume(): void {
    if (!this.over) this.connection?.resume();
  }

  onSent(): void {
    this.sent = true;
  }

  onHead({ status, headers }: ResponseHead): void {
    this.events.onHead(status, headers);
  }

  onData(bytes: Buffer): void {
    this.events.onData(bytes);
  }

  onEnd(): void {
    this.over = true;
    this.events.onEnd();
  }

  onError(error: Error): void {
    this.over = true;
    this.events.onError(toTransportFailure(error, this.sent));
  }
}
