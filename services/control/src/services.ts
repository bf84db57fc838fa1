import { type Database, openDatabase } from "@perpetuo/database/connection";
import { countAttempt, resetAttempts } from "@perpetuo/database/queries/control/auth-throttle";
import { createSessionStore } from "@perpetuo/database/queries/control/sessions";
import type { Logger } from "@perpetuo/runtime/logger";
import { createPasswords } from "./auth/passwords.ts";
import { createResetRequests } from "./auth/reset-requests.ts";
import { createSessions } from "./auth/sessions.ts";
import { createThrottle, type ThrottleRules } from "./auth/throttle.ts";
import { type Config, consoleUrlOf } from "./config.ts";
import type { ControlServices } from "./context.ts";
import { createTailHub } from "./logs/tail-hub.ts";
import { createTailSource } from "./logs/tail-source.ts";
import { createMailer } from "./mail/mailer.ts";
import { createProviderTester } from "./provider-test.ts";
import { createReaderPlaces } from "./reader-places.ts";
import { createReadiness } from "./readiness.ts";

const poolSize = 10;
const statementTimeoutMs = 30_000;
const downloadLimits = { total: 6, perWorkspace: 2, perUser: 2 };
/** With the flush's own delay, a request is on the screen within a second of its end. */
const tailPollMs = 500;

/** Makes what procedures work with. Disposal closes the connections to providers and to the database. */
export async function createServices(
  config: Config,
  {
    logger,
    throttleRules,
    stopping,
  }: { logger: Logger; throttleRules: ThrottleRules; stopping: AbortSignal },
): Promise<ControlServices & AsyncDisposable> {
  const passwords = await createPasswords();
  const { providerBaseUrls, publicUrl } = config;
  const addressPolicy = { allowPrivate: config.allowPrivateUpstreams };
  const cookies = { kind: publicUrl.startsWith("https:") ? "secure" : "plain-http" } as const;
  const providerTester = createProviderTester({ addressPolicy, providerBaseUrls });
  const database = openDatabase(config.databaseUrl, {
    max: poolSize,
    applicationName: "perpetuo-control",
    statementTimeoutMs,
  });
  const consoleUrl = consoleUrlOf(publicUrl);
  const mailer = createMailer({ settings: config.mail, logger });
  const resetRequests = createResetRequests({ database, mailer, logger, consoleUrl });
  const counter = {
    count: (key: string, windowSeconds: number) => countAttempt(database, key, windowSeconds),
    reset: (key: string) => resetAttempts(database, key),
  };
  return {
    database,
    stopping,
    downloads: createReaderPlaces(
      downloadLimits,
      "Too many downloads run at once. Wait until one of them has ended.",
    ),
    ...createTail(database, { logger, stopping }),
    passwords,
    providerTester,
    addressPolicy,
    providerBaseUrls,
    gatewayUrl: `${config.proxyPublicUrl.replace(/\/+$/, "")}/v1`,
    consoleUrl,
    mailer,
    resetRequests,
    keyring: { current: config.masterKey, previous: config.previousMasterKeys },
    sessions: createSessions(createSessionStore(database), cookies),
    throttle: createThrottle(counter, throttleRules),
    readiness: createReadiness(database, logger),
    async [Symbol.asyncDispose]() {
      await resetRequests[Symbol.asyncDispose]();
      await providerTester[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}

/** Where live views of the request log read, and what they share. */
function createTail(
  database: Database,
  { logger, stopping }: { logger: Logger; stopping: AbortSignal },
): Pick<ControlServices, "tailSource" | "tailHub"> {
  const source = createTailSource(database);
  const onError = (error: unknown) => logger.warn({ error }, "The live tail could not read the request log.");
  return { tailSource: source, tailHub: createTailHub({ source, pollMs: tailPollMs, stopping, onError }) };
}
