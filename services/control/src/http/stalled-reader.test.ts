import { once } from "node:events";
import { connect } from "node:net";
import { Readable } from "node:stream";
import { fastify } from "fastify";
import { expect, test } from "vitest";
import { cutStalledReader } from "./stalled-reader.ts";

test("cutStalledReader · what is being sent ends when its reader stops reading", async () => {
  const ended = Promise.withResolvers<string>();
  function* endless() {
    try {
      for (;;) yield "x".repeat(64 * 1024);
    } finally {
      ended.resolve("ended");
    }
  }
  const server = fastify();
  server.get("/", (_request, reply) => {
    cutStalledReader(reply, 50);
    return reply.send(Readable.from(endless()));
  });
  const { port, hostname } = new URL(await server.listen({ port: 0, host: "127.0.0.1" }));
  const reader = connect(Number(port), hostname);
  try {
    reader.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    await once(reader, "readable");
    expect(await ended.promise).toBe("ended");
  } finally {
    reader.destroy();
    await server.close();
  }
});
