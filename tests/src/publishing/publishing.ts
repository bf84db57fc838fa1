import { expect } from "vitest";
import type { ControlUser } from "../harness/control-api.ts";
import { signUp } from "../harness/control-api.ts";
import { answeredIds, type PacedEntry, startPacedLoad } from "../harness/paced-load.ts";
import { type ChangedRoute, createRoute, updateRoute } from "../harness/routes.ts";
import type { Stack } from "../harness/stack.ts";
import { connectToEveryThread, type ThreadConnection } from "../harness/thread-connections.ts";

/** Proxy threads of the stack that these scenarios run on. */
export const threads = 2;

/** A thread that does not obey a version after this long will not, in milliseconds. */
const patienceMs = 5_000;

const alias = "live";
/** What the route sends upstream in one version; the mock ignores which it is. */
const upstreamModelOf = (version: number) => `mock?chunks=1&key=v${version}`;

/** A user whose workspace has a provider key for the mock provider, and that key's id. */
export async function createPublisher(stack: Stack): Promise<{ user: ControlUser; providerKeyId: string }> {
  const user = await signUp(stack.controlUrl);
  const { id } = await user.post<{ id: string }>("/providers", { provider: "mock", api_key: "sk-test-0000" });
  return { user, providerKeyId: id };
}

/**
 * Publishes `versions` versions of a route, one after another, while requests for it come in. No request fails; every
 * answer names the version that served it, was served by that version's target, and its row says the same. Gives the
 * times from each publication's answer to the first answer by it, of the last thread, in milliseconds.
 */
export async function checkPublishingUnderLoad(
  stack: Stack,
  { versions, perSecond }: { versions: number; perSecond: number },
): Promise<{ latenciesMs: number[]; requests: number }> {
  const { user, providerKeyId } = await createPublisher(stack);
  const targetsOf = (version: number) => [
    { provider_key_id: providerKeyId, upstream_model: upstreamModelOf(version) },
  ];
  const route = await createRoute(user, { name: alias, match: { models: [alias] }, targets: targetsOf(2) });
  expect(route.publication).toMatchObject({ kind: "published", version: 2 });
  const connections = await connectToEveryThread(stack, { threads, apiKey: user.apiKey });
  await Promise.all(connections.map((connection) => untilObeyed(connection, { user, version: 2 })));
  const load = startPacedLoad({ proxyUrl: stack.proxyUrl, apiKey: user.apiKey, perSecond, model: alias });
  const latenciesMs: number[] = [];
  for (let version = 3; version < versions + 3; version++) {
    const publish = () => updateRoute(user, route.id, { targets: targetsOf(version) });
    latenciesMs.push(await publishAndWait(publish, { user, connections, version }));
  }
  const { failed } = await load.stop();
  await Promise.all(connections.map((connection) => connection[Symbol.asyncDispose]()));
  expect(failed).toBe(0);
  expectItsOwnTarget(load.entries);
  await expectRowsAgree(stack, user, load.entries);
  return { latenciesMs, requests: load.entries.length };
}

async function publishAndWait(
  publish: () => Promise<ChangedRoute>,
  { user, connections, version }: { user: ControlUser; connections: ThreadConnection[]; version: number },
): Promise<number> {
  let publishedAt = Number.POSITIVE_INFINITY;
  const obeyed = connections.map((connection) =>
    untilObeyed(connection, { user, version, publishedAt: () => publishedAt }),
  );
  const { publication } = await publish();
  publishedAt = performance.now();
  expect(publication).toMatchObject({ kind: "published", version });
  // A thread may obey before the publication's answer has arrived here.
  return Math.max(0, Math.max(...(await Promise.all(obeyed))) - publishedAt);
}

/** Asks without a pause; returns the time of the first answer by the version. */
async function untilObeyed(
  connection: ThreadConnection,
  { user, version, publishedAt }: { user: ControlUser; version: number; publishedAt?: () => number },
): Promise<number> {
  const since = performance.now();
  for (;;) {
    const obeyed = await connection.configVersion(user.apiKey);
    const now = performance.now();
    if (obeyed === version) return now;
    if (now > (publishedAt?.() ?? since) + patienceMs) {
      throw new Error(`Thread ${connection.thread} still obeys version ${obeyed} instead of ${version}.`);
    }
  }
}

function expectItsOwnTarget(entries: readonly PacedEntry[]): void {
  const strangers = entries.filter(
    ({ configVersion, upstreamModel }) => upstreamModel !== upstreamModelOf(Number(configVersion)),
  );
  expect(strangers.slice(0, 3)).toEqual([]);
}

async function expectRowsAgree(
  stack: Stack,
  user: ControlUser,
  entries: readonly PacedEntry[],
): Promise<void> {
  const rows = await stack.rows.untilLogged(user.workspaceId, answeredIds(entries));
  const versions = new Map(rows.map((row) => [row.request_id, row.config_version]));
  const differing = entries.filter(
    ({ requestId, configVersion }) => versions.get(requestId ?? "") !== Number(configVersion),
  );
  expect(differing.slice(0, 3)).toEqual([]);
}
