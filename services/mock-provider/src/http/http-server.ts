import {
  App,
  type TemplatedApp,
  type us_listen_socket,
  us_listen_socket_close,
  us_socket_local_port,
} from "uWebSockets.js";
import type { FirstCalls } from "../behaviour/first-calls.ts";
import type { Recorder } from "../record/recorder.ts";
import { assertPortFree } from "./assert-port-free.ts";
import { addModelRoutes } from "./model-routes.ts";
import { addProviderRoutes } from "./provider-routes.ts";
import { addRecordRoutes } from "./record-routes.ts";

export type HttpServer = { port: number } & AsyncDisposable;

/** What the two ports share: what was seen, and how often a keyed failure has happened. */
export type ServerState = { recorder: Recorder; firstCalls: FirstCalls };

/** Listens on the fast port; port 0 picks a free one. Throws when the port is taken. */
export async function startHttpServer(
  address: { host: string; port: number },
  state: ServerState,
): Promise<HttpServer> {
  await assertPortFree(address);
  const app = App();
  addProviderRoutes(app, state);
  addModelRoutes(app);
  addRecordRoutes(app, state);
  const socket = await listen(app, address);
  return {
    port: us_socket_local_port(socket),
    async [Symbol.asyncDispose]() {
      us_listen_socket_close(socket);
      app.close();
    },
  };
}

function listen(app: TemplatedApp, address: { host: string; port: number }): Promise<us_listen_socket> {
  return new Promise((resolve, reject) => {
    app.listen(address.host, address.port, (socket) => {
      if (socket === false) reject(new Error(`Port ${address.port} on ${address.host} cannot be opened.`));
      else resolve(socket);
    });
  });
}
