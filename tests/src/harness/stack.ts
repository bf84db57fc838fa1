import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { generateMasterKeyText } from "@perpetuo/security/master-key";
import { Cleanup } from "./cleanup.ts";
import { proxyLogLevel } from "./config.ts";
import { findFreePorts } from "./free-ports.ts";
import { createMockClient, type MockClient } from "./mock-client.ts";
import { type RequestRows, readRequestRows } from "./request-rows.ts";
import { restartable } from "./restartable.ts";
import { type ServiceProcess, startService } from "./service-process.ts";
import { openSharedPostgres, startOwnPostgres, type TestPostgres } from "./test-postgres.ts";
import { createWorkspace, type TestWorkspace, type WorkspaceHome, type WorkspacePlan } from "./workspace.ts";

export type StackOptions = {
  /** Proxy threads. */
  threads?: number;
  /** Starts the control API as well. */
  control?: boolean;
  /** `own`: a PostgreSQL server that can be stopped. */
  postgres?: "shared" | "own";
  /** Addresses of providers, instead of the mock provider's. */
  providerBaseUrls?: Record<string, string>;
  /** Added to the services' environment. */
  environment?: Record<string, string>;
};

/** Perpetuo on real processes and free ports, with the mock provider as its provider. */
export type Stack = AsyncDisposable & {
  proxyUrl: string;
  controlUrl: string;
  mockUrl: string;
  rawMockUrl: string;
  mock: MockClient;
  rows: RequestRows;
  postgres: TestPostgres;
  home: WorkspaceHome;
  createWorkspace(plan?: WorkspacePlan): Promise<TestWorkspace>;
  /** The running proxy; another one after `startProxy`. */
  proxy(): ServiceProcess;
  /**
   * Starts the proxy again on the same port and data folder, after it was stopped or killed, and waits until it is ready;
   * `alive` is enough where it cannot be.
   */
  startProxy(until?: "ready" | "alive"): Promise<void>;
  /** The proxy's data folder; its log records wait in `spool` below it. */
  dataDir: string;
  /** Starts one more proxy, as another machine would: with a port and a spool of its own, on the same database. */
  startAnotherProxy(): Promise<{ url: string; process: ServiceProcess }>;
};

/** Starts everything and waits until it is ready. Disposal stops it, and fails when something does not stop in order. */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const cleanup = new Cleanup();
  try {
    return await assemble(options, cleanup);
  } catch (error) {
    await cleanup[Symbol.asyncDispose]();
    throw error;
  }
}

async function assemble(options: StackOptions, cleanup: Cleanup): Promise<Stack> {
  const postgres = cleanup.use(
    await (options.postgres === "own" ? startOwnPostgres() : openSharedPostgres()),
  );
  const dataDir = await mkdtemp(path.join(tmpdir(), "perpetuo-stack-"));
  cleanup.defer(() => rm(dataDir, { recursive: true, force: true }));
  const [proxyPort = 0, controlPort = 0, mockPort = 0, rawMockPort = 0] = await findFreePorts(4);
  const masterKey = generateMasterKeyText();
  const urls = {
    proxyUrl: `http://127.0.0.1:${proxyPort}`,
    controlUrl: `http://127.0.0.1:${controlPort}`,
    mockUrl: `http://127.0.0.1:${mockPort}`,
    rawMockUrl: `http://127.0.0.1:${rawMockPort}`,
  };
  const ports = { MOCK_PROVIDER_PORT: String(mockPort), MOCK_PROVIDER_RAW_PORT: String(rawMockPort) };
  const environment = {
    ...serviceEnvironment({ postgres, masterKey, dataDir }),
    PERPETUO_PROVIDER_BASE_URLS: JSON.stringify({
      mock: `${urls.mockUrl}/v1`,
      openai: `${urls.mockUrl}/v1`,
      ...options.providerBaseUrls,
    }),
    PROXY_PORT: String(proxyPort),
    CONTROL_PORT: String(controlPort),
    PROXY_PUBLIC_URL: urls.proxyUrl,
    PERPETUO_THREADS: String(options.threads ?? 1),
    ...options.environment,
  };
  let readyPath = "/ready";
  const proxy = restartable(() => startProxyProcess(urls.proxyUrl, environment, readyPath));
  await cleanup.useAll([
    startMock(urls.mockUrl, ports),
    ...(options.control === true ? [startControl(urls.controlUrl, environment)] : []),
    proxy.start().then(() => proxy),
  ]);

  const startAnotherProxy = async () => {
    const [port = 0] = await findFreePorts(1);
    const url = `http://127.0.0.1:${port}`;
    const folder = await mkdtemp(path.join(tmpdir(), "perpetuo-stack-"));
    cleanup.defer(() => rm(folder, { recursive: true, force: true }));
    const own = { PROXY_PORT: String(port), PROXY_PUBLIC_URL: url, PERPETUO_DATA_DIR: folder };
    const process = cleanup.use(await startProxyProcess(url, { ...environment, ...own }));
    return { url, process };
  };
  const home = { administratorUrl: postgres.administratorUrl, masterKey };
  return {
    ...urls,
    mock: createMockClient(urls.mockUrl),
    rows: cleanup.use(readRequestRows(postgres.administratorUrl)),
    postgres,
    home,
    createWorkspace: (plan) => createWorkspace(home, plan),
    proxy: proxy.current,
    async startProxy(until = "ready") {
      readyPath = until === "alive" ? "/health" : "/ready";
      await proxy.start();
    },
    dataDir,
    startAnotherProxy,
    [Symbol.asyncDispose]: () => cleanup[Symbol.asyncDispose](),
  };
}

function startMock(url: string, ports: Record<string, string>): Promise<ServiceProcess> {
  return startService({
    name: "the mock provider",
    script: "services/mock-provider/src/main.ts",
    environment: { ...ports, MOCK_PROVIDER_RECORDED_REQUESTS: "200000", LOG_LEVEL: "warn" },
    readyUrl: `${url}/ready`,
  });
}

function startControl(url: string, environment: Record<string, string>): Promise<ServiceProcess> {
  return startService({
    name: "control",
    script: "services/control/src/main.ts",
    environment,
    readyUrl: `${url}/ready`,
  });
}

function startProxyProcess(
  url: string,
  environment: Record<string, string>,
  readyPath = "/ready",
): Promise<ServiceProcess> {
  return startService({
    name: "the proxy",
    script: "services/proxy/src/main.ts",
    environment: { ...environment, LOG_LEVEL: proxyLogLevel() },
    readyUrl: url + readyPath,
  });
}

function serviceEnvironment(parts: {
  postgres: TestPostgres;
  masterKey: string;
  dataDir: string;
}): Record<string, string> {
  return {
    CONTROL_DATABASE_URL: parts.postgres.controlUrl,
    PROXY_DATABASE_URL: parts.postgres.proxyUrl,
    WORKER_DATABASE_URL: parts.postgres.workerUrl,
    PERPETUO_MASTER_KEY: parts.masterKey,
    PERPETUO_DATA_DIR: parts.dataDir,
    PERPETUO_ALLOW_PRIVATE_UPSTREAMS: "true",
    PERPETUO_DEBUG_HEADERS: "true",
    PERPETUO_DRAIN_DELAY_MS: "0",
    // Loops are late on a machine that other tests load as well.
    PERPETUO_MAX_LOOP_DELAY_MS: "1000",
    // A test that leaves a stream open does not make the end of the stack wait for it.
    PERPETUO_DRAIN_GRACE_MS: "1000",
  };
}
