import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { findFreePorts } from "../harness/free-ports.ts";
import { waitUntil } from "../harness/wait-until.ts";

/** A front that shares one connection to the gateway among its clients, as lax as nginx can be told to be. */
export type Nginx = AsyncDisposable & { url: string };

/** Starts nginx in front of the gateway. Debian's `nginx-light` has it; without it the test says so and fails. */
export async function startNginx(gatewayUrl: string): Promise<Nginx> {
  const directory = await mkdtemp(path.join(tmpdir(), "perpetuo-nginx-"));
  const [port = 0] = await findFreePorts(1);
  const configuration = path.join(directory, "nginx.conf");
  await writeFile(configuration, configurationText({ directory, port, gateway: new URL(gatewayUrl).host }));
  const child = spawn("nginx", ["-p", directory, "-e", "stderr", "-c", configuration], { stdio: "ignore" });
  const missing = new Promise<never>((_resolve, reject) => {
    child.once("error", (cause) =>
      reject(new Error("NO NGINX: install the package nginx-light.", { cause })),
    );
  });
  const url = `http://127.0.0.1:${port}`;
  const ready = waitUntil(async () => ((await fetch(`${url}/health`)).ok ? true : null), {
    what: "nginx to answer",
    timeoutMs: 10_000,
  });
  await Promise.race([ready, missing]);
  return {
    url,
    async [Symbol.asyncDispose]() {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function configurationText(parts: { directory: string; port: number; gateway: string }): string {
  return `
daemon off;
master_process off;
pid ${parts.directory}/nginx.pid;
events { worker_connections 256; }
http {
  access_log off;
  client_body_temp_path ${parts.directory}/body;
  proxy_temp_path ${parts.directory}/proxy;
  fastcgi_temp_path ${parts.directory}/fastcgi;
  uwsgi_temp_path ${parts.directory}/uwsgi;
  scgi_temp_path ${parts.directory}/scgi;
  large_client_header_buffers 4 32k;
  client_max_body_size 0;
  ignore_invalid_headers off;
  underscores_in_headers on;
  upstream gateway { server ${parts.gateway}; keepalive 1; }
  server {
    listen 127.0.0.1:${parts.port};
    location / {
      proxy_pass http://gateway;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_request_buffering off;
      proxy_next_upstream off;
    }
  }
}
`;
}
