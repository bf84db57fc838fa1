import helmet from "@fastify/helmet";
import type { FastifyInstance } from "fastify";

/**
 * Sets the headers that keep a page's mistakes harmless. Scripts come from this origin alone and never from a page's
 * text. Styles may stand in a page: the console's libraries make some at run time.
 */
export async function setSecurityHeaders(
  server: FastifyInstance,
  settings: { publicUrl: string; proxyPublicUrl: string },
): Promise<void> {
  const isHttps = settings.publicUrl.startsWith("https:");
  await server.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", "data:"],
        fontSrc: ["'self'"],
        // The playground calls the gateway from the page.
        connectSrc: ["'self'", new URL(settings.proxyPublicUrl).origin],
        manifestSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    // A browser remembers this for months, so it is sent where https is meant to stay.
    strictTransportSecurity: isHttps,
  });
}
