import { generateApiKey } from "@perpetuo/security/api-key";
import { chat, errorCode, type GatewayAnswer, type GatewayClient } from "../harness/gateway-client.ts";

/** What the client knows of one request when it is over. */
export type Entry = {
  requestId: string;
  kind: string;
  /** Requests whose caller was authenticated have a row; those with a refused credential have none. */
  authenticated: boolean;
  model: string;
  status: number;
  /** Content chunks that arrived before the client cut the connection; null when it did not. */
  abortedAfter: number | null;
};

type Call = { client: GatewayClient; apiKey: string; requestId: string; model: string };
type Kind = {
  name: string;
  /** How often, beside the others. */
  weight: number;
  authenticated: boolean;
  /** What the model name asks of the mock provider. */
  parameters: string;
  run(call: Call): Promise<{ status: number; abortedAfter?: number }>;
};

const withUsage = { stream: true, stream_options: { include_usage: true } };

/** Every way in which a request of the mixed load goes. Status 0 stands for a connection that the client cut. */
const kinds: Kind[] = [
  kind("whole", { weight: 30, parameters: "chunks=5", expected: 200 }),
  kind("stream", { weight: 20, parameters: "chunks=8", members: { stream: true }, expected: 200 }),
  kind("stream with usage", { weight: 15, parameters: "chunks=8&pace=1", members: withUsage, expected: 200 }),
  kind("provider's 400", { weight: 5, parameters: "status=400", expected: 400 }),
  kind("provider's 429", { weight: 5, parameters: "status=429", expected: 429 }),
  kind("provider's 500", { weight: 5, parameters: "status=500", expected: 500 }),
  kind("missing messages", {
    weight: 3,
    parameters: "",
    members: { messages: undefined },
    expected: 400,
  }),
  {
    ...kind("invalid JSON", { weight: 2, parameters: "", expected: 400 }),
    run: (call) => checked(send(call, "{"), 400),
  },
  {
    ...kind("cut stream", { weight: 5, parameters: "cut=3", expected: 200 }),
    async run(call) {
      const answer = await send(call, chat(call.model, { stream: true }));
      expectCode(answer, "upstream_stream_interrupted");
      return { status: answer.status };
    },
  },
  {
    ...kind("aborted stream", { weight: 7, parameters: "chunks=endless&pace=2", expected: 0 }),
    async run({ client, apiKey, requestId, model }) {
      const body = chat(model, { stream: true });
      const { seen } = await client.abortAfter({ apiKey, body, headers: { "x-request-id": requestId } }, 3);
      return { status: 0, abortedAfter: seen };
    },
  },
  {
    ...kind("unknown key", { weight: 3, parameters: "", expected: 401 }),
    authenticated: false,
    run: (call) => checked(send({ ...call, apiKey: generateApiKey().text }, chat(call.model)), 401),
  },
];

function kind(
  name: string,
  plan: { weight: number; parameters: string; members?: object; expected: number },
): Kind {
  return {
    name,
    weight: plan.weight,
    authenticated: true,
    parameters: plan.parameters,
    run: (call) => checked(send(call, chat(call.model, plan.members)), plan.expected),
  };
}

/** One round of the mix in a fixed order: each kind as often as its weight says, spread out. */
const round: Kind[] = kinds
  .flatMap((each) =>
    Array.from({ length: each.weight }, (_, turn) => ({ each, position: (turn + 0.5) / each.weight })),
  )
  .toSorted((left, right) => left.position - right.position)
  .map(({ each }) => each);

export type TrafficOptions = {
  client: GatewayClient;
  apiKey: string;
  count: number;
  concurrency: number;
  /** Makes request ids and model names of one run differ from another's. */
  run: string;
};

/** Sends `count` requests of every kind and returns what the client knows of each. */
export async function sendMixedTraffic(options: TrafficOptions): Promise<Entry[]> {
  const entries: Entry[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < options.count) {
      const number = next++;
      const chosen = round[number % round.length];
      if (chosen !== undefined) entries.push(await runOne(chosen, { ...options, number }));
    }
  };
  await Promise.all(Array.from({ length: options.concurrency }, worker));
  return entries;
}

async function runOne(chosen: Kind, options: TrafficOptions & { number: number }): Promise<Entry> {
  const requestId = `${options.run}-${options.number}`;
  const model = `mock?key=${requestId}&${chosen.parameters}`;
  const result = await chosen.run({ client: options.client, apiKey: options.apiKey, requestId, model });
  return {
    requestId,
    kind: chosen.name,
    authenticated: chosen.authenticated,
    model,
    status: result.status,
    abortedAfter: result.abortedAfter ?? null,
  };
}

function send({ client, apiKey, requestId }: Call, body: unknown): Promise<GatewayAnswer> {
  return client.call({ apiKey, body, headers: { "x-request-id": requestId } });
}

async function checked(call: Promise<GatewayAnswer>, expected: number): Promise<{ status: number }> {
  const answer = await call;
  if (answer.status !== expected) {
    throw new Error(`Expected ${expected}, got ${answer.status}: ${answer.body.toString().slice(0, 500)}`);
  }
  return { status: answer.status };
}

function expectCode(answer: GatewayAnswer, code: string): void {
  const found = errorCode(answer.body);
  if (found !== code)
    throw new Error(`Expected ${code}, got ${found}: ${answer.body.toString().slice(-500)}`);
}
