import type { RecordedRequest, RecordedTotals } from "../record/recorded-request.ts";
import { type MockProvider, start } from "../start.ts";

/** A mock provider on free ports inside the test's own process, and the calls that its tests make. */
export type TestMock = MockProvider & {
  url: string;
  rawUrl: string;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
  records(): Promise<RecordedRequest[]>;
  totals(): Promise<RecordedTotals>;
};

export async function startForTest(): Promise<TestMock> {
  const mock = await start({
    host: "127.0.0.1",
    port: 0,
    rawPort: 0,
    recordedRequests: 100,
    logLevel: "silent",
  });
  const url = `http://127.0.0.1:${mock.port}`;
  return {
    ...mock,
    url,
    rawUrl: `http://127.0.0.1:${mock.rawPort}`,
    post: (path, body, headers = {}) =>
      fetch(URL.canParse(path) ? path : `${url}${path}`, {
        method: "POST",
        headers: { authorization: "Bearer sk-test", "content-type": "application/json", ...headers },
        body: JSON.stringify(body),
        redirect: "manual",
      }),
    async records() {
      const answer = await fetch(`${url}/_mock/requests`);
      const page = (await answer.json()) as { requests: RecordedRequest[] };
      return page.requests;
    },
    async totals() {
      const answer = await fetch(`${url}/_mock/totals`);
      return (await answer.json()) as RecordedTotals;
    },
  };
}

/** A chat request whose model name carries `parameters`. */
export function chat(parameters: string, members: object = {}): object {
  return { model: `test?${parameters}`, messages: [{ role: "user", content: "hello" }], ...members };
}

/** The JSON of each event of a stream, `[DONE]` left out. */
export function events(text: string): Record<string, unknown>[] {
  return text
    .split("\n\n")
    .filter((event) => event.startsWith("data: {"))
    .map((event) => JSON.parse(event.slice("data: ".length)));
}

/** The members of the mock's JSON answers that tests look at; which of them are there depends on the endpoint. */
export type AnswerBody = {
  object: string;
  model: string;
  choices: { text: string; message: { content: string; tool_calls: ToolCallBody[] } }[];
  usage: { prompt_tokens: number; completion_tokens: number; total_tokens: number };
  data: { id: string; object: string; embedding: string & number[] }[];
  error: { message: string; code: string | null };
};
export type ToolCallBody = { index: number; id: string; function: { arguments: string } };

export async function bodyOf(answer: Response | Promise<Response>): Promise<AnswerBody> {
  return (await (await answer).json()) as AnswerBody;
}
