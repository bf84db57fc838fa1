import { createServer, setDefaultCACertificates, type TLSSocket } from "node:tls";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { Origin, poolTo } from "./origin.test-server.ts";
import { authority, certificates } from "./tls.test-certificates.ts";

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

beforeAll(() => setDefaultCACertificates([authority]));
afterEach(() => void vi.unstubAllEnvs());

async function tlsOrigin(certificate: keyof typeof certificates): Promise<Origin> {
  const server = createServer({ ...certificates[certificate], ALPNProtocols: ["h2", "http/1.1"] });
  return Origin.start(server, "secureConnection");
}

describe("TLS", () => {
  test("a trusted origin · is asked for by name and for HTTP/1.1, and its connection is kept", async () => {
    await using origin = await tlsOrigin("localhost");
    const { call, pool } = poolTo(`https://localhost:${origin.port}`);
    for (const count of [1, 2]) {
      const caller = call();
      const { socket } = await origin.requests(0, count);
      expect(socket).toMatchObject({ alpnProtocol: "http/1.1", servername: "localhost" });
      socket.write(ok);
      await caller.ended;
      expect(caller).toMatchObject({ body: "ok", error: null });
    }
    expect(origin.sides).toHaveLength(1);
    pool.destroy();
  });

  test("a second connection · resumes the first one's session", async () => {
    await using origin = await tlsOrigin("localhost");
    const { call, pool } = poolTo(`https://localhost:${origin.port}`);
    for (const index of [0, 1]) {
      const caller = call();
      const { socket } = await origin.requests(index, 1);
      expect((socket as TLSSocket).isSessionReused()).toBe(index === 1);
      socket.write(ok.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));
      await caller.ended;
    }
    pool.destroy();
  });

  test.each([
    ["selfSigned", "localhost", "DEPTH_ZERO_SELF_SIGNED_CERT"],
    ["otherName", "localhost", "ERR_TLS_CERT_ALTNAME_INVALID"],
    ["localhost", "127.0.0.1", "ERR_TLS_CERT_ALTNAME_INVALID"],
  ] as const)(
    "a certificate %s for %s · is refused, and nothing is sent",
    async (certificate, host, code) => {
      // The variable that switches verification off in all of Node has no say here.
      vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
      await using origin = await tlsOrigin(certificate);
      const { call, pool } = poolTo(`https://${host}:${origin.port}`);
      const caller = call();
      await caller.ended;
      expect(caller.error).toMatchObject({ code });
      expect(caller.heard).toEqual(["error"]);
      expect(origin.sides.map(({ received }) => received).join("")).toBe("");
      pool.destroy();
    },
  );

  test("an origin without TLS · is an error", async () => {
    await using origin = await Origin.start();
    const { call, pool } = poolTo(`https://localhost:${origin.port}`);
    const caller = call();
    (await origin.until(() => origin.sides[0])).socket.write("HTTP/1.1 400 Bad Request\r\n\r\n");
    await caller.ended;
    expect(caller.heard).toEqual(["error"]);
    pool.destroy();
  });

  test("megabytes with pauses · arrive byte for byte", async () => {
    await using origin = await tlsOrigin("localhost");
    const { call, pool } = poolTo(`https://localhost:${origin.port}`);
    const caller = call();
    let pieces = 0;
    caller.onPiece = () => {
      if (++pieces % 5 !== 0) return;
      caller.connection?.pause();
      setImmediate(() => caller.connection?.resume());
    };
    const body = Buffer.alloc(3_000_000, "0123456789abcdef\r\n");
    const { socket } = await origin.requests(0, 1);
    socket.write(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n`);
    socket.write(body);
    socket.write("\r\n0\r\n\r\n");
    await caller.ended;
    expect(caller.error).toBeNull();
    expect(caller.body === body.toString("latin1")).toBe(true);
    pool.destroy();
  });
});
