import { BenchError } from "../bench-error.ts";
import { findListeners } from "../machine/listener.ts";
import { move, type Placement } from "../machine/placement.ts";
import { listDescendants } from "../machine/processes.ts";
import { bodyOf, plainRequest } from "../scenarios.ts";
import type { PeerPlan } from "./peer-plan.ts";
import { completionsPath, type Target } from "./target.ts";

const callTimeoutMs = 20_000;

export type PeerSurvey = { peers: Target[]; lacks: string[] };

/**
 * Asks each peer one question, finds its processes and moves them to the proxy's core. A peer that cannot be measured is told of
 * and left out.
 */
export async function surveyPeers(
  plans: readonly PeerPlan[],
  { mockUrl, placement }: { mockUrl: string; placement: Placement },
): Promise<PeerSurvey> {
  const survey: PeerSurvey = { peers: [], lacks: [] };
  for (const plan of plans) {
    try {
      const peer = describePeer(plan, mockUrl);
      await callOnce(peer);
      for (const pid of peer.pids) move(placement, "proxy", pid);
      survey.peers.push(peer);
    } catch (error) {
      survey.lacks.push(
        `The peer ${plan.name} is left out: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
  return survey;
}

function describePeer({ name, url, headers, model }: PeerPlan, mockUrl: string): Target {
  const { port, protocol } = new URL(url);
  const usualPort = protocol === "https:" ? 443 : 80;
  const listeners = findListeners(port === "" ? usualPort : Number(port));
  if (listeners.length === 0) throw new BenchError(`no process of this machine listens at ${url}.`);
  const filled = Object.entries(headers).map(([header, value]) => [
    header,
    value.replaceAll("{mock}", mockUrl),
  ]);
  return {
    name,
    kind: "peer",
    url: `${url}${completionsPath}`,
    headers: Object.fromEntries(filled),
    model,
    pids: [...new Set(listeners.flatMap((pid) => [pid, ...listDescendants(pid)]))],
  };
}

async function callOnce(peer: Target): Promise<void> {
  const answer = await fetch(peer.url, {
    method: "POST",
    headers: { "content-type": "application/json", ...peer.headers },
    body: bodyOf(plainRequest, peer),
    signal: AbortSignal.timeout(callTimeoutMs),
  });
  const text = await answer.text();
  if (answer.status !== 200 || !text.includes('"choices"')) {
    throw new BenchError(`it answered ${answer.status}: ${text.slice(0, 300)}`);
  }
}
