import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import type { Target } from "@perpetuo/gateway/routing/target";
import { createLogger, type Logger } from "@perpetuo/runtime/logger";
import { uuidv7 } from "@perpetuo/runtime/uuidv7";
import { parseMasterKeyring } from "@perpetuo/security/master-key";
import { type ProxyConfig, timeoutsOf } from "./config.ts";
import { Deadlines } from "./deadlines.ts";
import type { RequestDeps } from "./handle-request.ts";
import { RemoteCounters } from "./handover/remote-counters.ts";
import { createHealthMetrics } from "./health-metrics.ts";
import { KeyCache } from "./key-cache.ts";
import { type Lookups, openLookups } from "./lookups.ts";
import type { FromThread, ThreadData, ToThread } from "./messages.ts";
import { type OpenCounters, openCounters } from "./open-counters.ts";
import { Entrance, entranceLimits } from "./overload/entrance.ts";
import { Heartbeats } from "./overload/heartbeats.ts";
import { createOverloadMetrics } from "./overload/overload-metrics.ts";
import { createProxyMetrics, type ProxyMetrics } from "./proxy-metrics.ts";
import { quietTurn } from "./quiet-turn.ts";
import { judgeReadiness, type ThreadState } from "./readiness.ts";
import { route } from "./routes.ts";
import { openTargetSecret } from "./secrets.ts";
import { createServer, type Server } from "./server.ts";
import { SharedState } from "./shared-state.ts";
import { sharedTick } from "./shared-tick.ts";
import { Spool } from "./spool.ts";
import { TargetHealth } from "./target-health.ts";
import { TargetLatency } from "./target-latency.ts";
import { TurnEnd } from "./turn-end.ts";
import { Upstreams } from "./upstream.ts";

/** How long finished requests wait in a segment before it is sealed, in milliseconds. */
const sealIntervalMs = 200;
/** Shorter than the HTTP parser's own cut, which closes without a word after 8 to 12 s: its clock ticks every 4 s. */
const bodyTimeoutMs = 7_000;

/** What no API key's text hashes to. */
const nobodysKeyHash = "0".repeat(64);
const prepareAgainMs = 250;

/** Milliseconds that interrupted requests have to settle before their sockets are closed. */
const settleGraceMs = 500;

const now = () => performance.now();
const turnEnd = new TurnEnd(setImmediate);

/** One thread of the data plane: its own sockets, caches, pools and spool segment. */
class ProxyThread {
  private readonly config: ProxyConfig;
  private readonly data: ThreadData;
  private readonly port: MessagePort;
  private readonly logger: Logger;
  private readonly shared: SharedState;
  private readonly deadlines = new Deadlines(now);
  private readonly limits: OpenCounters;
  private readonly remote = new RemoteCounters((call) => this.send({ kind: "limit-call", call }));
  private readonly health: TargetHealth;
  private readonly entrance: Entrance;
  private readonly lookups: Lookups;
  private readonly keys: KeyCache;
  private readonly spool: Spool;
  private readonly upstreams: Upstreams;
  private readonly metrics: ProxyMetrics;
  private readonly server: Server;
  private readonly metricsRequests = new Map<number, (text: string) => void>();
  private readonly sealer: NodeJS.Timeout;
  private inFlight = 0;
  private databaseIsUp = false;
  private nextMetricsRequest = 0;

  constructor(data: ThreadData, port: MessagePort) {
    const { config } = data;
    this.config = config;
    this.data = data;
    this.port = port;
    this.logger = createLogger({ service: "proxy", level: config.logLevel }).child({ thread: data.index });
    this.shared = new SharedState(data.shared);
    this.limits = openCounters({
      config,
      buffers: data.limits,
      logger: this.logger,
      successor: { isElsewhere: () => this.shared.areLimitsElsewhere, counters: this.remote },
      verifySpending: () => this.keys.verifyAll(),
    });
    this.lookups = openLookups(config.databaseUrl);
    this.keys = new KeyCache({
      findApiKey: (hash) => this.lookups.findApiKey(hash),
      loadWorkspaceConfig: (id) => this.lookups.loadWorkspaceConfig(id),
      now,
      random: Math.random,
    });
    this.spool = new Spool({
      directory: config.spoolDir,
      owner: data.owner,
      newBatchId: uuidv7,
      atEndOfTurn: setImmediate,
    });
    const keyring = parseMasterKeyring({ current: config.masterKey, previous: config.previousMasterKeys });
    const openSecret = (target: Target) => openTargetSecret(target, keyring);
    this.upstreams = new Upstreams({ ...config, turnEnd, openSecret });
    const { keys, spool } = this;
    this.metrics = createProxyMetrics({ keys, spool, inFlight: () => this.inFlight });
    this.health = new TargetHealth(data.health, {
      tick: sharedTick,
      random: Math.random,
      observe: createHealthMetrics(this.metrics.registry),
    });
    const onShed = createOverloadMetrics(this.metrics.registry, () => this.entrance.counts);
    this.entrance = new Entrance(data.overload.entrance, {
      thread: data.index,
      threads: config.threads,
      limits: entranceLimits(config),
      tick: sharedTick,
      onShed,
    });
    this.server = this.createServer();
    this.sealer = setInterval(() => this.spool.seal(), sealIntervalMs);
  }

  async start(): Promise<void> {
    this.deadlines.start();
    new Heartbeats(this.data.overload.heartbeats).start(this.data.index, () => this.state);
    process.on("uncaughtException", (error) => this.logger.error({ error }, "An error was caught nowhere."));
    process.on("unhandledRejection", (error) =>
      this.logger.error({ error }, "A rejection was handled nowhere."),
    );
    this.port.on("message", (message: ToThread) => this.receive(message));
    await this.lookups.listen({
      onInvalidation: (invalidation) => this.keys.apply(invalidation),
      onConnected: () => {
        this.databaseIsUp = true;
        this.keys.channelRestored();
      },
      onDisconnected: () => {
        this.databaseIsUp = false;
        this.keys.channelLost();
      },
    });
    if (this.data.listen === "at-once") await this.listen();
    else await this.prepare();
  }

  private async listen(): Promise<void> {
    await this.server.port.listen(this.config.host, this.config.port);
    this.send({ kind: "listening" });
  }

  /** Asks the database for a key that nobody has, until it answers: then it would answer for a request as well. */
  private async prepare(): Promise<void> {
    for (;;) {
      try {
        await this.lookups.findApiKey(nobodysKeyHash);
        this.send({ kind: "prepared" });
        return;
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        this.send({ kind: "unprepared", reason: `the database does not answer: ${why}` });
        await new Promise((resolve) => setTimeout(resolve, prepareAgainMs));
      }
    }
  }

  private createServer(): Server {
    const deps = {
      request: this.requestDeps(),
      readiness: () => judgeReadiness(this.shared, this.state),
      metrics: this.config.metricsPort === null ? () => this.allMetrics() : null,
    };
    return createServer({
      deadlines: this.deadlines,
      now,
      newId: uuidv7,
      maxBodyBytes: this.config.maxBodyBytes,
      bodyTimeoutMs,
      stalledReaderTimeoutMs: this.config.stalledReaderTimeoutMs,
      isDraining: () => this.shared.isDraining,
      onRequest: (exchange) => route(exchange, deps),
    });
  }

  private requestDeps(): RequestDeps {
    const { config } = this;
    return {
      maxBodyBytes: config.maxBodyBytes,
      keys: this.keys,
      wallClock: Date.now,
      isSpoolFull: () => this.shared.isSpoolFull,
      isSpoolBlocked: () => this.spool.isBlocked,
      isSpoolReplayed: () => this.shared.isSpoolReplayed,
      counters: this.limits.counters,
      entrance: this.entrance,
      upstreams: this.upstreams,
      health: this.health,
      latencies: new TargetLatency(this.data.latencies, sharedTick),
      deadlines: this.deadlines,
      turnEnd,
      now,
      timeouts: timeoutsOf(config),
      debugHeaders: config.debugHeaders ? [["x-perpetuo-thread", String(this.data.index)]] : [],
      append: (record, done) => this.spool.append(record, done),
      observe: (outcome) => this.metrics.observe(outcome),
      logFailure: ({ requestId }, error) =>
        this.logger.error({ request_id: requestId, error }, "A request failed inside the gateway."),
      random: Math.random,
      enter: () => void this.inFlight++,
      leave: () => void this.inFlight--,
    };
  }

  private get state(): ThreadState {
    const { databaseIsUp, keys, spool } = this;
    return { databaseIsUp, isWarm: keys.isWarm, isSpoolBlocked: spool.isBlocked };
  }

  private receive(message: ToThread): void {
    switch (message.kind) {
      case "listen":
        this.listen().catch((error: unknown) => this.fail(error));
        return;
      case "stop-listening":
        void quietTurn(now).then(() => this.server.port.stopListening());
        return;
      case "weigh":
        this.send({
          kind: "load",
          id: message.id,
          inFlight: this.inFlight,
          connections: this.server.port.connections,
        });
        return;
      case "verify-spending":
        this.keys.verifyAll();
        return;
      case "limit-answer":
        this.remote.answered(message.id, message.outcome);
        return;
      case "collect-metrics":
        void this.sendMetrics(message.id);
        return;
      case "metrics-text":
        this.metricsRequests.get(message.id)?.(message.text);
        this.metricsRequests.delete(message.id);
        return;
      case "close":
        void this.close();
    }
  }

  /** Metrics of all threads: the process collects them, whichever thread was asked. */
  private allMetrics(): Promise<string> {
    const id = this.nextMetricsRequest++;
    const { promise, resolve } = Promise.withResolvers<string>();
    this.metricsRequests.set(id, resolve);
    this.send({ kind: "metrics-wanted", id });
    return promise;
  }

  private async sendMetrics(id: number): Promise<void> {
    const metrics = await this.metrics.registry.getMetricsAsJSON();
    this.send({ kind: "metrics", id, metrics });
  }

  /** Every socket is closed before the thread exits; otherwise the process aborts. */
  private async close(): Promise<void> {
    this.server.interruptAll();
    await this.settled();
    this.server.close();
    // Who was cut just now has a record to append as well.
    await this.settled();
    clearInterval(this.sealer);
    this.spool.seal();
    this.deadlines.stop();
    this.upstreams.close();
    await Promise.allSettled([this.lookups[Symbol.asyncDispose](), this.limits[Symbol.asyncDispose]()]);
    this.send({ kind: "closed" });
    this.port.close();
  }

  /** What was interrupted settles within a few turns; a request that waits for something else is cut. */
  private async settled(): Promise<void> {
    const until = now() + settleGraceMs;
    while (this.inFlight > 0 && now() < until) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  fail(error: unknown): void {
    this.send({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
  }

  private send(message: FromThread): void {
    this.port.postMessage(message);
  }
}

const port = parentPort;
if (port === null) throw new Error("thread.ts runs as a worker thread only");
const thread = new ProxyThread(workerData as ThreadData, port);
await thread.start().catch((error: unknown) => thread.fail(error));
