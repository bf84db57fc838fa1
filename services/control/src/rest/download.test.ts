import { get } from "node:http";
import { fastify } from "fastify";
import { expect, test } from "vitest";
import { sendDownload } from "./download.ts";

test("sendDownload · the reading ends when the reader leaves before the first row is there", async () => {
  const asked = Promise.withResolvers<void>();
  const found = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<string>();
  const left = Promise.withResolvers<void>();
  async function* read() {
    try {
      asked.resolve();
      await found.promise;
      yield { a: 1 };
    } finally {
      ended.resolve("ended");
    }
  }
  const server = fastify();
  server.get("/", (_request, reply) => {
    reply.raw.once("close", left.resolve);
    return sendDownload(reply, { fileName: "rows", format: "csv", columns: ["a"], rows: read() });
  });
  try {
    const reader = get(await server.listen({ port: 0 }));
    reader.on("error", () => undefined);
    await asked.promise;
    reader.destroy();
    await left.promise;
    found.resolve();
    expect(await ended.promise).toBe("ended");
  } finally {
    await server.close();
  }
});
