import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { probePort } from "./port-probe.ts";

describe("probePort", () => {
  test("a taken port · rejects and says what to do; a freed one · resolves", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    await expect(probePort("127.0.0.1", port)).rejects.toThrow(/taken by another process.*PROXY_PORT/);
    server.close();
    await once(server, "close");
    await expect(probePort("127.0.0.1", port)).resolves.toBeUndefined();
    await expect(probePort("127.0.0.1", port)).resolves.toBeUndefined();
  });

  test("an address that the machine does not have · names HOST", async () => {
    await expect(probePort("192.0.2.1", 0)).rejects.toThrow(/no address 192\.0\.2\.1.*HOST/);
  });
});
