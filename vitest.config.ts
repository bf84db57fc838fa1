import { defineConfig } from "vitest/config";

/** `npm run test:full` sets this and runs the long tests alone; everything else runs in `npm test`. */
const full = process.env["PERPETUO_TEST_FULL"] === "1";
const suffix = full ? "full.test.{ts,tsx}" : "test.{ts,tsx}";
const exclude = ["**/node_modules/**", "**/dist/**", ...(full ? [] : ["**/*.full.test.*"])];

const shared = { exclude, pool: "forks", retry: 0 } as const;

/**
 * Two groups, one after the other: files beside the source run two at a time, one for each core of the smallest
 * machine; those in tests/ start whole systems on real processes and have the machine to themselves.
 */
export default defineConfig({
  test: {
    passWithNoTests: full,
    globalSetup: ["packages/database/src/test-global-setup.ts"],
    projects: [
      {
        test: {
          ...shared,
          name: "beside the source",
          include: [`{packages,services,scripts,bench}/**/*.${suffix}`],
          maxWorkers: 2,
          testTimeout: full ? 600_000 : 20_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...shared,
          name: "whole system",
          include: [`tests/**/*.${suffix}`],
          maxWorkers: 1,
          testTimeout: full ? 900_000 : 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
