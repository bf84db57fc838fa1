import { access } from "node:fs/promises";
import path from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance, FastifyReply } from "fastify";

const notBuiltPage = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Perpetuo</title></head>
<body>
<h1>The console is not built</h1>
<p>The control API works: see its <a href="/docs">reference</a>. <code>npm start</code> builds the console;
by hand it is <code>npx vite build services/console</code>.</p>
</body>
</html>
`;

/**
 * Serves the built console: its entry page under `/` and `/app`, whose routes the browser resolves, and its files under
 * `/assets`, whose names carry a hash of their content. The folder is looked at on every request, so that a
 * build that ends later is served without a restart.
 */
export async function serveConsole(server: FastifyInstance, folder: string): Promise<void> {
  await server.register(fastifyStatic, { root: folder, serve: false, decorateReply: true });

  const sendEntryPage = async (reply: FastifyReply): Promise<FastifyReply> => {
    if (!(await isPresent(path.join(folder, "index.html")))) {
      return reply.type("text/html; charset=utf-8").header("cache-control", "no-store").send(notBuiltPage);
    }
    // The entry page names the present build's files, so it must not outlive a new build.
    return reply.sendFile("index.html", { cacheControl: false }).header("cache-control", "no-cache");
  };
  for (const url of ["/", "/app", "/app/*"]) server.get(url, (_request, reply) => sendEntryPage(reply));

  server.get<{ Params: { "*": string } }>("/assets/*", (request, reply) =>
    reply.sendFile(`assets/${request.params["*"]}`, { maxAge: "1y", immutable: true }),
  );
  for (const file of ["favicon.svg", "favicon.ico", "robots.txt"]) {
    server.get(`/${file}`, (_request, reply) => reply.sendFile(file, { maxAge: "1h" }));
  }
}

async function isPresent(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
