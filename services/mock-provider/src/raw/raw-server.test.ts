import { connect } from "node:net";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { bodyOf, chat, startForTest, type TestMock } from "../testing/start-for-test.ts";
import { scripts } from "./scripts.ts";

let mock: TestMock;
beforeAll(async () => {
  mock = await startForTest();
});
afterAll(() => mock[Symbol.asyncDispose]());

type Seen = { bytes: Buffer; chunks: number; error: string | null };

/** Everything that one request gets, until the connection ends or nothing has come for some milliseconds. */
async function seen(script: string, stream: boolean, silenceMs = 300): Promise<Seen> {
  const body = JSON.stringify(chat("chunks=2", { stream }));
  const socket = connect(mock.rawPort, "127.0.0.1");
  const result: Seen = { bytes: Buffer.alloc(0), chunks: 0, error: null };
  socket.on("data", (bytes) => {
    result.bytes = Buffer.concat([result.bytes, bytes]);
    result.chunks += 1;
    if (result.bytes.length > 8_000_000) socket.destroy();
  });
  socket.on("error", (error: NodeJS.ErrnoException) => {
    result.error = error.code ?? null;
  });
  socket.setTimeout(silenceMs, () => socket.destroy());
  socket.write(
    `POST /${script}/v1/chat/completions HTTP/1.1\r\nhost: mock\r\nauthorization: Bearer sk-test\r\n` +
      `content-length: ${body.length}\r\n\r\n${body}`,
  );
  await new Promise((resolve) => socket.on("close", resolve));
  return result;
}

function split(bytes: Buffer): { head: string; body: Buffer } {
  const end = bytes.indexOf("\r\n\r\n");
  return { head: bytes.toString("latin1", 0, end), body: bytes.subarray(end + 4) };
}

describe("raw port", () => {
  it("plain · the same body as the HTTP port", async () => {
    const raw = await (await mock.post(`${mock.rawUrl}/v1/chat/completions`, chat("chunks=2"))).text();
    expect(raw).toBe(await (await mock.post("/v1/chat/completions", chat("chunks=2"))).text());
  });

  it.each(["split-head", "split-body", "informational", "close-delimited"])(
    "%s · the same stream as the HTTP port",
    async (script) => {
      const body = chat("chunks=2", { stream: true });
      const raw = await (await mock.post(`${mock.rawUrl}/${script}/v1/chat/completions`, body)).text();
      expect(raw).toBe(await (await mock.post("/v1/chat/completions", body)).text());
    },
  );

  it("script in the model name · played", async () => {
    const answer = mock.post(`${mock.rawUrl}/v1/chat/completions`, chat("script=garbage"));
    await expect(answer).rejects.toThrow();
  });

  it("unknown script · 400 naming those that exist", async () => {
    const answer = await mock.post(`${mock.rawUrl}/v1/chat/completions`, chat("script=constructor"));
    expect(answer.status).toBe(400);
    expect((await bodyOf(answer)).error.message).toContain("late-answer");
  });

  it("framing · wrong in the way that the script says", async () => {
    const whole = Number(/content-length: (\d+)/.exec(split((await seen("plain", false)).bytes).head)?.[1]);
    const head = async (script: string) => split((await seen(script, false)).bytes).head;
    expect(await head("short-length")).toContain(`content-length: ${whole - 10}`);
    expect(await head("long-length")).toContain(`content-length: ${whole + 10}`);
    expect((await head("two-lengths")).match(/content-length/g)).toHaveLength(2);
    expect(await head("length-and-chunked")).toMatch(/content-length[\s\S]*transfer-encoding: chunked/);
    expect((await seen("bare-line-feeds", false)).bytes.includes("\r\n")).toBe(false);
    expect(split((await seen("bad-chunk-size", true)).bytes).body.toString()).toMatch(/^zz\r\n/);
  });

  it("late-answer · a second answer on the same connection", async () => {
    const { bytes } = await seen("late-answer", false);
    expect(bytes.toString().match(/HTTP\/1\.1 200/g)).toHaveLength(2);
    expect(bytes.toString()).toContain("poison");
  });

  it("endings · FIN, RST, and streams without a terminator", async () => {
    expect(await seen("close-before-head", true)).toMatchObject({ error: null, chunks: 0 });
    expect(await seen("reset-before-head", true)).toMatchObject({ error: "ECONNRESET", chunks: 0 });
    const finished = await seen("close-delimited-cut", true);
    const reset = await seen("close-delimited-reset", true);
    expect([finished.error, reset.error]).toEqual([null, "ECONNRESET"]);
    for (const text of [finished.bytes.toString(), reset.bytes.toString()]) {
      expect(text).toMatch(/"content":[\s\S]*\n\n$/);
      expect(text).not.toMatch(/\[DONE\]|"finish_reason":"/);
    }
  });

  it("compressed · gzip of the plain body", async () => {
    const plain = split((await seen("plain", false)).bytes).body;
    expect(gunzipSync(split((await seen("compressed", false)).bytes).body)).toEqual(plain);
  });

  it("endless scripts · stop when the reader leaves", async () => {
    for (const script of ["endless-line", "endless-head"]) {
      expect((await seen(script, true, 10_000)).bytes.length).toBeGreaterThan(1_000_000);
    }
    await vi.waitFor(async () => expect(await mock.totals()).toMatchObject({ open: 0 }));
  });

  it("every script · leaves the server answering", async () => {
    const names = Object.keys(scripts).filter((name) => name !== "drip");
    await Promise.all(names.flatMap((name) => [seen(name, true), seen(name, false)]));
    const answer = await mock.post(`${mock.rawUrl}/v1/chat/completions`, chat("chunks=2"));
    expect(answer.status).toBe(200);
  });

  it("keep-alive · answers one request after another", async () => {
    const socket = connect(mock.rawPort, "127.0.0.1");
    const body = JSON.stringify(chat("chunks=1"));
    const request =
      `POST /v1/chat/completions HTTP/1.1\r\nauthorization: Bearer sk-test\r\n` +
      `transfer-encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    let text = "";
    socket.on("data", (bytes) => {
      text += bytes.toString();
    });
    socket.write(request + request);
    await vi.waitFor(() => expect(text.match(/HTTP\/1\.1 200/g)).toHaveLength(2));
    socket.destroy();
  });
});
