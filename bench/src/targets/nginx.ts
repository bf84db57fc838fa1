import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { BenchError } from "../bench-error.ts";
import { type RunningProcess, startProcess } from "../machine/child-process.ts";
import { type Placement, placed } from "../machine/placement.ts";
import { listDescendants } from "../machine/processes.ts";

const startTimeoutMs = 10_000;
const pollMs = 20;

type Ports = { port: number; upstreamPort: number };

/**
 * The baseline: a plain reverse proxy with keep-alive on both sides, no buffering of requests or answers, and no access log.
 * Paths are relative to the folder that nginx is started with.
 */
export function nginxConfiguration({ port, upstreamPort }: Ports): string {
  return `daemon off;
worker_processes 1;
worker_rlimit_nofile 16384;
pid nginx.pid;
error_log stderr warn;
events { worker_connections 10240; }
http {
  access_log off;
  client_body_temp_path temporary/body;
  proxy_temp_path temporary/proxy;
  fastcgi_temp_path temporary/fastcgi;
  uwsgi_temp_path temporary/uwsgi;
  scgi_temp_path temporary/scgi;
  keepalive_requests 1000000000;
  upstream mock {
    server 127.0.0.1:${upstreamPort};
    keepalive 512;
    keepalive_requests 1000000000;
  }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://mock;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
      proxy_request_buffering off;
    }
  }
}
`;
}

export type NginxSettings = Ports & {
  directory: string;
  placement: Placement;
  environment: Record<string, string>;
};

/** Starts nginx on the proxy's core; `workerPid` is the process that does the work. */
export async function startNginx(settings: NginxSettings): Promise<RunningProcess & { workerPid: number }> {
  const directory = path.join(settings.directory, "nginx");
  mkdirSync(path.join(directory, "temporary"), { recursive: true });
  const file = path.join(directory, "nginx.conf");
  writeFileSync(file, nginxConfiguration(settings));
  const command = placed(settings.placement, "proxy", {
    program: "nginx",
    words: ["-p", directory, "-e", "stderr", "-c", file],
  });
  const nginx = startProcess(command, settings);
  try {
    return { ...nginx, workerPid: await findWorker(nginx) };
  } catch (error) {
    await nginx[Symbol.asyncDispose]();
    throw error;
  }
}

/** nginx prints nothing when it is up, so its worker is looked for. */
async function findWorker(nginx: RunningProcess): Promise<number> {
  const deadline = performance.now() + startTimeoutMs;
  while (performance.now() < deadline) {
    const [worker] = listDescendants(nginx.pid);
    if (worker !== undefined) return worker;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  throw new BenchError(`nginx did not start:\n${nginx.output()}`);
}
