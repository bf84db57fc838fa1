import { PerpetuoError } from "@perpetuo/contracts/errors";
import type { FastifyInstance } from "fastify";
import type { Readiness } from "../readiness.ts";
import { success } from "../rest/envelope.ts";
import { answerFailure } from "./failure-handlers.ts";

/** Paths that machines ask every few seconds; a log line for each answer would bury the others. */
export const polledPaths: ReadonlySet<string> = new Set(["/health", "/ready"]);

/** `/health`: the process answers. `/ready`: it can do its work, else 503; readiness itself logs why. */
export function serveHealth(server: FastifyInstance, readiness: Readiness): void {
  server.get("/health", async (_request, reply) =>
    reply.header("cache-control", "no-store").send(success({ status: "ok" })),
  );
  server.get("/ready", async (request, reply) => {
    const report = await readiness.check();
    if (report.kind === "not-ready") return answerFailure(new PerpetuoError("not_ready"), request, reply);
    return reply.header("cache-control", "no-store").send(success({ status: "ready" }));
  });
}
