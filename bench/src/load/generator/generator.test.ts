import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { monotonicMicroseconds } from "./clock.ts";
import { runStreamLoad } from "./stream-load.ts";
import { runUnaryLoad } from "./unary-load.ts";

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  stops.push(() => server.close().closeAllConnections());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/chat/completions`;
}

const address = { headers: { authorization: "Bearer a" }, body: '{"a":1}' };

describe("runUnaryLoad", () => {
  it("answers and refusals · counted, the warm-up's without a latency", async () => {
    let requests = 0;
    const url = await serve((request, response) => {
      requests += 1;
      const status = requests % 10 === 0 ? 503 : 200;
      request.resume().on("end", () => response.writeHead(status).end("fine"));
    });
    const job = { kind: "unary", ...address, url, rate: 200, warmupSeconds: 0.1, seconds: 0.4 } as const;
    const result = await runUnaryLoad(job);
    expect(result).toMatchObject({ completed: 90, failures: { "status 503": 10 } });
    // Of 80 measured requests; a late generator sends several at once, so that which ones are refused is open.
    expect(result.latency_ms?.count).toBeGreaterThanOrEqual(70);
    expect(result.latency_ms?.count).toBeLessThanOrEqual(80);
    expect(result.lateness_ms?.count).toBe(80);
  });

  it("a server that closes · failures with their reason", async () => {
    const url = await serve((request) => request.socket.destroy());
    const job = { kind: "unary", ...address, url, rate: 100, warmupSeconds: 0, seconds: 0.1 } as const;
    const { completed, failures, latency_ms } = await runUnaryLoad(job);
    expect({ completed, latency_ms }).toEqual({ completed: 0, latency_ms: null });
    expect(Object.values(failures).reduce((sum, count) => sum + count, 0)).toBe(10);
  });
});

describe("runStreamLoad", () => {
  it("streams · first byte, chunks with their delay, and how many were open", async () => {
    const url = await serve((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const event = () =>
        `data: {"choices":[{"delta":{"content":"${Math.floor(monotonicMicroseconds())} "}}]}\n\n`;
      response.write(event());
      setTimeout(() => response.end(event()), 100);
    });
    const job = { kind: "streams", ...address, url, rate: 200, count: 20, measureFromSeconds: 0 } as const;
    const result = await runStreamLoad(job);
    expect(result).toMatchObject({ completed: 20, failures: {}, chunks: 40 });
    expect(result.first_byte_ms?.count).toBe(20);
    expect(result.chunk_delay_ms?.count).toBe(40);
    expect(result.chunk_delay_ms?.p50).toBeGreaterThanOrEqual(0);
    expect(result.most_open).toBeGreaterThan(1);
  });
});
