import uWebSockets, { type HttpResponse, type TemplatedApp, type us_listen_socket } from "uWebSockets.js";

/** The port of one thread, and the connections that came through it. It can be opened again after it was closed. */
export class Port {
  private readonly app: TemplatedApp;
  private listenSocket: us_listen_socket | null = null;
  private open = 0;

  constructor(app: TemplatedApp) {
    this.app = app;
    const count = (_response: HttpResponse, change: number): void => {
      this.open += change;
    };
    app.filter(count as Parameters<TemplatedApp["filter"]>[0]);
  }

  /** Open connections, those without a request among them; while the port is open, it counts as one. */
  get connections(): number {
    return this.open + (this.listenSocket === null ? 0 : 1);
  }

  /** Resolves once the port is bound; rejects with a sentence when it cannot be. */
  listen(host: string, port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.app.listen(host, port, (socket) => {
        if (!socket) return reject(new Error(`The proxy cannot listen on ${host}:${port}.`));
        this.listenSocket = socket;
        resolve();
      });
    });
  }

  /** Accepts no more connections; the open ones go on. */
  stopListening(): void {
    if (this.listenSocket) uWebSockets.us_listen_socket_close(this.listenSocket);
    this.listenSocket = null;
  }
}
