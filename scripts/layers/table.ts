/**
 * The layers, as README.md draws them: an import may only point down. The layer check holds every package.json,
 * tsconfig.json and import statement against this table; Biome repeats the bans where a person types them, with the
 * reason in the message.
 */
export type Layer = {
  level: number;
  /** Workspaces of this repository that it may import. */
  may: readonly string[];
  /** Workspaces of which it may import types, and nothing that exists at run time. */
  typesOf?: readonly string[];
  /** Packages from the registry that it may depend on at run time; absent: any but `never`. */
  onlyExternals?: readonly string[];
  /** Packages from the registry that it must not depend on. A trailing `*` stands for any ending. */
  never?: readonly string[];
};

const sql = ["drizzle-orm", "postgres"];
const controlApi = ["@trpc/*", "fastify", "@fastify/*"];
const hotPath = ["uWebSockets.js", "undici"];

export const layers: Readonly<Record<string, Layer>> = {
  contracts: { level: 0, may: [], onlyExternals: ["zod"] },
  gateway: { level: 1, may: ["contracts"], onlyExternals: [] },
  security: { level: 1, may: ["contracts"], onlyExternals: ["ipaddr.js"] },
  runtime: { level: 1, may: ["contracts"], onlyExternals: ["pino", "prom-client", "zod"] },
  database: { level: 2, may: ["contracts"], never: [...controlApi, ...hotPath] },
  proxy: {
    level: 3,
    may: ["contracts", "gateway", "security", "runtime", "database"],
    never: [...controlApi, ...sql],
  },
  control: {
    level: 3,
    // Of the gateway the planner alone, which Biome's rules name file by file.
    may: ["contracts", "gateway", "security", "runtime", "database"],
    never: ["uWebSockets.js", ...sql],
  },
  client: { level: 3, may: ["contracts"], typesOf: ["control"], never: [...hotPath, ...sql] },
  "mock-provider": { level: 3, may: ["contracts", "runtime"], never: [...controlApi, ...sql] },
  launcher: {
    level: 3,
    may: ["contracts", "security", "runtime", "database"],
    never: [...controlApi, ...hotPath, "drizzle-orm"],
  },
  console: {
    level: 4,
    may: ["contracts", "client"],
    typesOf: ["control"],
    never: [...hotPath, ...sql, "@trpc/*", "fastify"],
  },
  bench: { level: 5, may: ["contracts"], never: sql },
  tests: { level: 5, may: ["contracts", "security", "runtime", "database", "client"] },
};
