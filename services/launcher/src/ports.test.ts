import { once } from "node:events";
import { createServer } from "node:net";
import { expect, it } from "vitest";
import { requireFreePorts } from "./ports.ts";

const host = "127.0.0.1";

it("requireFreePorts · suggests a port that can be had and that no other setting has", async () => {
  const server = createServer().listen(0, host);
  await once(server, "listening");
  const { port: taken } = server.address() as { port: number };
  const settings = [
    { variable: "MOCK_PROVIDER_PORT", port: taken, host, purpose: "the mock provider" },
    { variable: "MOCK_PROVIDER_RAW_PORT", port: taken + 1, host, purpose: "the mock provider" },
  ];
  const failure = await requireFreePorts(settings).catch((error: Error) => error.message);
  const suggested = Number(/MOCK_PROVIDER_PORT=(\d+) npm start/.exec(String(failure))?.[1]);
  expect(suggested).toBeGreaterThan(taken + 1);
  const free = [{ variable: "MOCK_PROVIDER_PORT", port: suggested, host, purpose: "the mock provider" }];
  await expect(requireFreePorts(free)).resolves.toBeUndefined();
  server.close();
});

it("requireFreePorts · says once that HOST is no address of this machine", async () => {
  const elsewhere = { host: "192.0.2.1", purpose: "the gateway" };
  const settings = [
    { variable: "CONTROL_PORT", port: 3000, ...elsewhere },
    { variable: "PROXY_PORT", port: 8080, ...elsewhere },
  ];
  await expect(requireFreePorts(settings)).rejects.toThrow(/^HOST is 192\.0\.2\.1, .*$/);
});
