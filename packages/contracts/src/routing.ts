import { z } from "zod";

/** How a route orders its targets. Targets that are known to fail are passed over whatever the strategy. */
export const routeStrategies = ["priority", "weighted", "least-latency", "least-cost"] as const;
export type RouteStrategy = (typeof routeStrategies)[number];

const milliseconds = z.int().min(1).max(3_600_000);

/**
 * Limits of one call in milliseconds; an absent one is the next wider rule's: target, then policy, then the
 * installation. `total_ms` bounds a whole answer, and of a stream the time to its first event.
 */
export const routeTimeoutsSchema = z.strictObject({
  connect_ms: milliseconds.optional(),
  first_byte_ms: milliseconds.optional(),
  idle_ms: milliseconds.optional(),
  total_ms: milliseconds.optional(),
});
export type RouteTimeouts = z.infer<typeof routeTimeoutsSchema>;

/** What PostgreSQL stores and a log line shows. */
const isPrintable = (text: string) => text.isWellFormed() && !/\p{Cc}/u.test(text);
const printableMessage = "must not contain control characters or unpaired surrogates";

const name = (maximum: number) => z.string().min(1).max(maximum).refine(isPrintable, printableMessage);

/** What a person calls a route or a policy. */
const titleSchema = z.string().trim().min(1).max(100).refine(isPrintable, printableMessage);

/** A request's header and its body bring 16 entries of metadata each. */
const mostConditions = 32;

/**
 * Which requests a route answers. `models` are names as clients ask for them (an alias is a name that no provider has);
 * `*` stands for any run of characters. Each named metadata entry must have one of its values.
 */
export const routeMatchSchema = z.strictObject({
  models: z.array(name(256)).min(1).max(100),
  metadata: z
    .record(name(64), z.array(name(512)).min(1).max(100))
    .refine((conditions) => Object.keys(conditions).length <= mostConditions, {
      error: `must not have more than ${mostConditions} entries`,
    })
    .default({}),
});
export type RouteMatch = z.infer<typeof routeMatchSchema>;

/** One target of a route. `upstream_model` null sends the requested name as it stands. */
export const routeTargetSchema = z.strictObject({
  provider_key_id: z.uuid().toLowerCase(),
  upstream_model: name(256).nullable().default(null),
  /** Share among the route's targets under `weighted`. */
  weight: z.int().min(1).max(1000).default(1),
  timeouts: routeTimeoutsSchema.default({}),
});
export type RouteTargetConfig = z.infer<typeof routeTargetSchema>;

/** A published route. Routes are looked at in order, and the first one that matches answers. */
export const routeConfigSchema = z.strictObject({
  route_id: z.uuid(),
  name: titleSchema,
  match: routeMatchSchema,
  strategy: z.enum(routeStrategies),
  targets: z.array(routeTargetSchema).min(1).max(50),
  /** One of the snapshot's policies; null: the installation's own rules. */
  policy_id: z.uuid().toLowerCase().nullable(),
});
export type RouteConfig = z.infer<typeof routeConfigSchema>;

export const stickinessModes = ["off", "conversation"] as const;

/** Rules that routes share. Null leaves the installation's rule in force. */
export const policyConfigSchema = z.strictObject({
  policy_id: z.uuid(),
  name: titleSchema,
  timeouts: routeTimeoutsSchema,
  /** Calls for one request, the first one included. */
  max_attempts: z.int().min(1).max(10).nullable(),
  /** Bounds what is reserved for an answer whose request names no limit. */
  max_output_tokens: z.int().min(1).max(10_000_000).nullable(),
  /** `conversation`: the turns of one conversation prefer the same provider key, whose prompt cache they share. */
  stickiness: z.enum(stickinessModes),
});
export type PolicyConfig = z.infer<typeof policyConfigSchema>;

/** Bounds of what every thread keeps for a workspace. */
export const mostRoutes = 500;
export const mostPolicies = 200;
/** Characters of a snapshot's canonical text. */
export const longestSnapshot = 1_048_576;
/** Bytes of all routes of a draft, disabled ones too: every change and every look at it reads them all. */
export const largestDraft = 4 * longestSnapshot;

/** The published routing rules of a workspace. Ids only, never ciphertext; immutable once published. */
export const configSnapshotSchema = z.strictObject({
  format: z.literal(1),
  routes: z.array(routeConfigSchema).max(mostRoutes),
  policies: z.array(policyConfigSchema).max(mostPolicies).default([]),
});
export type ConfigSnapshot = z.infer<typeof configSnapshotSchema>;

/** `automatic`: every change that leaves the draft without a fault is published at once. `manual`: somebody publishes. */
export const publishingModes = ["automatic", "manual"] as const;
export type PublishingMode = (typeof publishingModes)[number];
