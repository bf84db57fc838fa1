import type { TurnEnd } from "../turn-end.ts";
import { type Caller, Connection, type ConnectionOwner } from "./connection.ts";
import type { Dialer } from "./dialer.ts";

/** Idle connections kept to one origin; beyond it the oldest is closed. */
const maxIdle = 1_024;
/** How long a connection is kept without a request, in milliseconds. */
const maxIdleMs = 30_000;
/** A connection is given up this much before the upstream said that it will be, in milliseconds. */
const keepAliveMarginMs = 1_000;

export type PoolOptions = { dialer: Dialer; connectTimeoutMs: number; turnEnd: TurnEnd; now: () => number };

/**
 * The connections to one origin that may serve each other's callers. A call takes the connection that was used last, and
 * a new one when all are busy: how many there are is bounded by the calls under way.
 */
export class Pool implements ConnectionOwner {
  private readonly options: PoolOptions;
  /** The one used last stands last. */
  private readonly idle: Connection[] = [];
  private readonly open = new Set<Connection>();
  private closed = false;

  constructor(options: PoolOptions) {
    this.options = options;
  }

  get isClosed(): boolean {
    return this.closed;
  }

  /**
   * Sends a request and returns the connection that it is on, which is the caller's until its answer has ended.
   * `connectMs` is how long a new one may take.
   */
  send(request: Buffer[], caller: Caller, connectMs = this.options.connectTimeoutMs): Connection {
    const connection = this.takeIdle() ?? this.connect(connectMs);
    connection.send(request, caller);
    return connection;
  }

  /** Closes what has been idle for too long. */
  sweep(): void {
    const now = this.options.now();
    for (const connection of this.idle.filter(({ expiresAt }) => expiresAt <= now)) connection.close();
  }

  /** Takes no new calls; those under way go on, and their connections close behind them. */
  retire(): void {
    this.closed = true;
    for (const connection of [...this.idle]) connection.close();
  }

  /** Closes every connection, also those in use. */
  destroy(): void {
    this.closed = true;
    for (const connection of [...this.open]) connection.close();
  }

  onIdle(connection: Connection, keepAliveMs: number | null): void {
    const lifeMs = keepAliveMs === null ? maxIdleMs : Math.min(maxIdleMs, keepAliveMs - keepAliveMarginMs);
    if (this.closed || lifeMs <= 0) {
      connection.close();
      return;
    }
    connection.expiresAt = this.options.now() + lifeMs;
    this.idle.push(connection);
    if (this.idle.length > maxIdle) this.idle[0]?.close();
  }

  onClosed(connection: Connection): void {
    this.open.delete(connection);
    const place = this.idle.indexOf(connection);
    if (place !== -1) this.idle.splice(place, 1);
  }

  private takeIdle(): Connection | null {
    const now = this.options.now();
    for (let connection = this.idle.pop(); connection !== undefined; connection = this.idle.pop()) {
      if (connection.expiresAt > now) return connection;
      connection.close();
    }
    return null;
  }

  private connect(connectTimeoutMs: number): Connection {
    const { dialer, turnEnd } = this.options;
    const connection = new Connection({ dialer, connectTimeoutMs, turnEnd, owner: this });
    this.open.add(connection);
    return connection;
  }
}
