import type { TestProject } from "vitest/node";
import { startTestCluster } from "./test-database.ts";

/** Vitest's global setup: one cluster per run, handed to the test files through `inject`. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const cluster = await startTestCluster();
  const { administratorUrl, ownerUrl, rolePasswords } = cluster;
  project.provide("perpetuoTestCluster", { administratorUrl, ownerUrl, rolePasswords });
  return async () => {
    await cluster[Symbol.asyncDispose]();
  };
}
