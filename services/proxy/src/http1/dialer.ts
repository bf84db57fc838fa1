import { connect as connectTcp, isIP, type LookupFunction, type OnReadOpts, type Socket } from "node:net";
import { connect as connectTls, createSecureContext, type SecureContext } from "node:tls";

/** Silence after which the kernel asks whether the peer is still there, in milliseconds. */
const probeAfterMs = 60_000;

export type DialerOptions = {
  origin: URL;
  /** Resolves the host's name; absent: as the system does. */
  lookup?: LookupFunction;
};

/** Sessions spare a round trip and most of a handshake; certificates are checked all the same. */
let secureContext: SecureContext | null = null;

/** Opens connections to one origin, over TLS for `https:`. */
export class Dialer {
  private readonly options: DialerOptions;
  private readonly host: string;
  private readonly port: number;
  private session: Buffer | undefined;

  constructor(options: DialerOptions) {
    const { origin } = options;
    this.options = options;
    // A literal IPv6 address has brackets in a URL and none on a socket.
    this.host = origin.hostname.replace(/^\[|\]$/g, "");
    this.port = Number(origin.port) || (this.isSecure ? 443 : 80);
  }

  /** The event that tells that a request can be sent. */
  get readyEvent(): "connect" | "secureConnect" {
    return this.isSecure ? "secureConnect" : "connect";
  }

  dial(onread: OnReadOpts): Socket {
    const options = {
      host: this.host,
      port: this.port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: probeAfterMs,
      onread,
      ...(this.options.lookup === undefined ? {} : { lookup: this.options.lookup }),
    };
    return this.isSecure ? this.dialTls(options) : connectTcp(options);
  }

  private get isSecure(): boolean {
    return this.options.origin.protocol === "https:";
  }

  private dialTls(options: { host: string; port: number; keepAlive: boolean; onread: OnReadOpts }): Socket {
    secureContext ??= createSecureContext();
    const socket = connectTls({
      ...options,
      secureContext,
      ALPNProtocols: ["http/1.1"],
      // Whatever the environment says: an upstream that cannot prove its name gets no credential.
      rejectUnauthorized: true,
      // The name of a server is never an address (RFC 6066, 3).
      ...(isIP(this.host) === 0 ? { servername: this.host } : {}),
      ...(this.session === undefined ? {} : { session: this.session }),
    });
    socket.on("session", (session) => {
      this.session = session;
    });
    return socket;
  }
}
