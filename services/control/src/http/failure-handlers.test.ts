import { openDatabase } from "@perpetuo/database/connection";
import { findUserForLogIn } from "@perpetuo/database/queries/control/users";
import { createTestDatabase } from "@perpetuo/database/test-database";
import { createLogger } from "@perpetuo/runtime/logger";
import type { FastifyBaseLogger } from "fastify";
import { expect, test } from "vitest";
import { toPerpetuoError } from "../errors.ts";
import { reportFailure } from "./failure-handlers.ts";

/** What the log says of a query that fails with a value nobody should read there. */
async function logOfFailedQuery(url: string, value: string) {
  let lines = "";
  const destination = {
    write: (line: string) => {
      lines += line;
    },
  };
  const logger = createLogger({ service: "test", level: "debug", destination });
  const database = openDatabase(url, { max: 1, applicationName: "test", connectTimeoutMs: 1_000 });
  try {
    const failed = await findUserForLogIn(database, value).then(
      () => null,
      (error: unknown) => toPerpetuoError(error),
    );
    if (failed !== null) reportFailure(logger as FastifyBaseLogger, failed);
    return { code: failed?.code, lines };
  } finally {
    await database[Symbol.asyncDispose]();
  }
}

test("reportFailure · a query that the database refuses, without its parameters", async () => {
  await using database = await createTestDatabase();
  const { code, lines } = await logOfFailedQuery(database.proxyUrl, "ada@example.com");
  expect(code).toBe("internal_error");
  expect(lines).toContain("permission denied for table users");
  expect(lines).toContain("Failed query: select");
  expect(lines).not.toContain("ada@example.com");
});

test("reportFailure · a query while the database is away, without its parameters", async () => {
  const { code, lines } = await logOfFailedQuery("postgres://u:p@127.0.0.1:1/none", "ada@example.com");
  expect(code).toBe("not_ready");
  expect(lines).toContain("Failed query: select");
  expect(lines).not.toContain("ada@example.com");
});
