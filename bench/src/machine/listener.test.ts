import { once } from "node:events";
import { createServer } from "node:net";
import { expect, it } from "vitest";
import { findListeners, listeningPortsOf, parseListeners, parsePortsOf } from "./listener.ts";
import { findFreePorts } from "./ports.ts";

const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0000000000000000 100 0 0 10 0
   1: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0000000000000000 20 4 30 10 -1
   2: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0000000000000000 100 0 0 10 0
`;

it("parseListeners · listening sockets of the port, not its connections", () => {
  expect(parseListeners(table, 8080)).toEqual(["4711"]);
  expect(parseListeners(table, 80)).toEqual(["4713"]);
  expect(parseListeners(table, 81)).toEqual([]);
});

it("parsePortsOf · the ports of these sockets that listen", () => {
  expect(parsePortsOf(table, new Set(["socket:[4711]", "socket:[4712]", "pipe:[4713]"]))).toEqual([8080]);
});

it.runIf(process.platform === "linux")("findListeners · this process, on its own port", async () => {
  const [port = 0] = await findFreePorts(1);
  const server = createServer().listen(port, "127.0.0.1");
  await once(server, "listening");
  expect(findListeners(port)).toEqual([process.pid]);
  expect(listeningPortsOf(process.pid)).toContain(port);
  server.close();
});
