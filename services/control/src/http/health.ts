import { PerpetuoError } from "@perpetuo/contracts/errors";
import type { FastifyInstance } from "fastify";
import type { Readiness } from "../readiness.ts";
import { success } from "../rest/envelope.ts";
import { sendFailure } from "./failure-handlers.ts";

/** `/health`: the process answers. `/ready`: it can do its work, else 503. */
export function serveHealth(server: FastifyInstance, readiness: Readiness): void {
  server.get("/health", { logLevel: "warn" }, async (_request, reply) =>
    reply.header("cache-control", "no-store").send(success({ status: "ok" })),
  );
  server.get("/ready", { logLevel: "warn" }, async (request, reply) => {
    const report = await readiness.check();
    if (report.kind === "ready")
      return reply.header("cache-control", "no-store").send(success({ status: "ready" }));
    return sendFailure(new PerpetuoError("not_ready", { internal: report.reason }), request, reply);
  });
}
