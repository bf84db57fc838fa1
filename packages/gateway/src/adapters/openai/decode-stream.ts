import type { AnswerContext, StreamDecoder } from "../../adapter.ts";
import { PassingStream, type Verdict } from "../../passing-stream.ts";
import { readSseEvent, readSseObject } from "../../sse.ts";
import { errorMessage } from "./classify-error.ts";
import { readGroqUsage, readUsage } from "./usage.ts";

const lineFeed = 0x0a;

/**
 * Reads OpenAI's stream of `chat.completion.chunk` events in passing: counts content, finds the usage, takes the usage
 * chunk out when the client did not ask for it, and withholds `[DONE]`. The forwarded bytes are otherwise the
 * provider's own, in whole events.
 */
export function streamDecoder({ call }: Pick<AnswerContext, "call">): StreamDecoder {
  return new OpenAiStreamDecoder(call.includeUsage);
}

class OpenAiStreamDecoder extends PassingStream {
  private readonly includeUsage: boolean;

  constructor(includeUsage: boolean) {
    super();
    this.includeUsage = includeUsage;
  }

  /**
   * Takes the plain events at the chunk's start and returns the offset behind them. Most chunks are one such event: this
   * way they cost a fifth of what reading each line does.
   */
  protected override skim(chunk: Buffer): number {
    const text = chunk.toString("latin1");
    if (text.includes("\r")) return 0;
    let at = 0;
    for (let end = text.indexOf("\n"); isPlain(text, at, end); end = text.indexOf("\n", at)) {
      const event = text.slice(at, end);
      if (notable.test(event)) break;
      this.state.events++;
      this.verdict = "forward";
      if (content.test(event)) {
        this.state.contentEvents++;
        this.state.terminated = false;
      }
      at = end + 2;
    }
    return at;
  }

  /**
   * Looks for what metering needs by the keys' text: inside a JSON string a quote is escaped, so `"usage":` can only
   * be a key. Only the few events that hold such a key are parsed.
   */
  protected override read(event: Buffer): Verdict {
    const text = withoutByteOrderMark(event.toString("latin1"));
    const data = dataOf(text);
    if (data === null) return "forward";
    this.state.events++;
    if (data.includes("[DONE]") && readSseEvent(text).data === "[DONE]") {
      this.state.terminated = true;
      this.state.terminalWithheld = true;
      return "withhold";
    }
    const mayBeError = data.includes('"error"') || errorName.test(text);
    if (mayBeError && this.readErrorEvent(event)) return "forward";
    const finishes = data.includes('"finish_reason"') && /"finish_reason"\s*:\s*"/.test(data);
    const hasContent = content.test(data);
    if (hasContent) this.state.contentEvents++;
    // Of several choices each has its own end; content behind one of them belongs to another, which is still open.
    if (finishes) this.state.terminated = true;
    else if (hasContent) this.state.terminated = false;
    return data.includes('"usage"') && /"usage"\s*:\s*\{/.test(data) ? this.readUsageEvent(event) : "forward";
  }

  private readUsageEvent(event: Buffer): Verdict {
    const chunk = readSseObject(event);
    if (chunk === null) {
      this.state.unreadableEvents++;
      return "forward";
    }
    this.state.usage = readUsage(chunk["usage"]) ?? readGroqUsage(chunk["x_groq"]) ?? this.state.usage;
    const isUsageChunk = Array.isArray(chunk["choices"]) && chunk["choices"].length === 0;
    return isUsageChunk && !this.includeUsage ? "strip" : "forward";
  }

  private readErrorEvent(event: Buffer): boolean {
    const { event: name, data } = readSseEvent(event.toString("utf8"));
    const error = readSseObject(event)?.["error"];
    if (name !== "error" && (error === undefined || error === null)) return false;
    const message = (data === null ? null : errorMessage(data)) ?? "the provider sent an error event";
    this.state.error ??= { message, event: this.state.events };
    return true;
  }
}

/**
 * The text in which an event's keys are looked for; null when it has no data line, such as a comment. One line of data,
 * the usual case, is searched where it stands; several are joined first, because a key and its value may be apart.
 */
function dataOf(text: string): string | null {
  if (text.startsWith("data:") && !text.includes("\ndata", 4) && !text.includes("\rdata", 4)) return text;
  return text.includes("data") ? readSseEvent(text).data : null;
}

/** A stream may begin with one (WHATWG HTML, 9.2.5); here it is three bytes that were read as Latin-1. */
function withoutByteOrderMark(text: string): string {
  return text.startsWith("\xef\xbb\xbf") ? text.slice(3) : text;
}

/** From `at` on stands one line of data that opens an object, it ends at `end`, and a blank line follows. */
function isPlain(text: string, at: number, end: number): boolean {
  return (
    end !== -1 &&
    text.charCodeAt(end + 1) === lineFeed &&
    (text.startsWith("data: {", at) || text.startsWith("data:{", at))
  );
}

/** What an event says beyond a piece of the answer: an error, its end, or the usage. */
const notable = /"(?:error"|finish_reason"\s*:\s*"|usage"\s*:\s*\{)/;

/** The event is named `error`. */
const errorName = /(?:^|[\r\n])event: ?error(?:[\r\n]|$)/;

/** A piece of the answer: a text of at least one character under a key that a delta carries it in. */
const content =
  /"(?:content|reasoning_content|reasoning|refusal|arguments|text|thinking|transcript)"\s*:\s*"[^"]/;
