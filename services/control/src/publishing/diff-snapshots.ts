import type { ConfigChange, ConfigDiff } from "@perpetuo/contracts/api/config";
import { canonicalJson } from "@perpetuo/contracts/canonical-json";
import type { ConfigSnapshot } from "@perpetuo/contracts/routing";

type ChangedField = ConfigChange["fields"][number];
type Named = { id: string; name: string };
/** A route or policy, taken apart into what names it and what can change. */
type Item = Named & { fields: Record<string, unknown> };

/** What becomes different when `to` replaces `from`. */
export function diffSnapshots(from: ConfigSnapshot, to: ConfigSnapshot): ConfigDiff {
  const before = routeItems(from);
  const after = routeItems(to);
  const moved = movedItems(before, after);
  const routes = diffItems(before, after, ({ id }) => {
    if (!moved.has(id)) return [];
    return [{ field: "position", before: placeOf(before, id), after: placeOf(after, id) }];
  });
  return { routes, policies: diffItems(policyItems(from), policyItems(to), () => []) };
}

const routeItems = ({ routes }: ConfigSnapshot): Item[] =>
  routes.map(({ route_id, ...fields }) => ({ id: route_id, name: fields.name, fields }));

const policyItems = ({ policies }: ConfigSnapshot): Item[] =>
  policies.map(({ policy_id, ...fields }) => ({ id: policy_id, name: fields.name, fields }));

const placeOf = (items: readonly Item[], id: string) => items.findIndex((item) => item.id === id) + 1;

function diffItems(
  before: readonly Item[],
  after: readonly Item[],
  placeChangeOf: (item: Item) => ChangedField[],
): ConfigChange[] {
  const earlier = new Map(before.map((item) => [item.id, item]));
  const later = new Set(after.map((item) => item.id));
  const removed = before.filter(({ id }) => !later.has(id));
  return [
    ...after.flatMap((item): ConfigChange[] => {
      const { id, name } = item;
      const previous = earlier.get(id);
      if (previous === undefined) return [{ kind: "added", id, name, fields: [] }];
      const fields = [...changedFields(previous.fields, item.fields, ""), ...placeChangeOf(item)];
      return fields.length === 0 ? [] : [{ kind: "changed", id, name, fields }];
    }),
    ...removed.map(({ id, name }): ConfigChange => ({ kind: "removed", id, name, fields: [] })),
  ];
}

/** Objects are compared field by field, lists as a whole. */
function changedFields(before: object, after: object, path: string): ChangedField[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name) => {
    const [earlier, later] = [before, after].map((side): unknown =>
      Object.hasOwn(side, name) ? Reflect.get(side, name) : null,
    );
    if (isPlainObject(earlier) && isPlainObject(later))
      return changedFields(earlier, later, `${path}${name}.`);
    if (canonicalJson(earlier) === canonicalJson(later)) return [];
    return [{ field: path + name, before: earlier, after: later }];
  });
}

function isPlainObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The fewest items that must have been moved to bring what both lists have from one order into the other: those outside
 * a longest run that kept its order. Without it, moving one route to the front would be told of all.
 */
function movedItems(before: readonly Item[], after: readonly Item[]): ReadonlySet<string> {
  const places = new Map(before.map(({ id }, index) => [id, index]));
  const common = after
    .filter(({ id }) => places.has(id))
    .map(({ id }) => ({ id, place: places.get(id) ?? 0 }));
  /** For each item, the longest run of items in their old order that ends with it. */
  const runs: { id: string; length: number; place: number; previous: number }[] = [];
  for (const { id, place } of common) {
    const run = { id, length: 1, place, previous: -1 };
    for (const [index, other] of runs.entries()) {
      if (other.place < place && other.length + 1 > run.length) {
        run.length = other.length + 1;
        run.previous = index;
      }
    }
    runs.push(run);
  }
  const moved = new Set(common.map(({ id }) => id));
  let longest = -1;
  for (const [index, { length }] of runs.entries()) {
    if (longest === -1 || length > (runs[longest]?.length ?? 0)) longest = index;
  }
  for (let run = runs[longest]; run !== undefined; run = runs[run.previous]) moved.delete(run.id);
  return moved;
}
