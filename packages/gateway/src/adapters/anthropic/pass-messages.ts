import type { DecodedResponse, EncodeInput, StreamDecoder } from "../../adapter.ts";
import { textOrNull } from "../../chat/answer.ts";
import { parseJsonObject } from "../../json-object.ts";
import { mayHoldOwnThinking, withoutOwnThinking } from "../../messages/own-thinking.ts";
import { PassingStream, type Verdict } from "../../passing-stream.ts";
import { readSseEvent } from "../../sse.ts";
import { applySplices, modelSplices } from "../body-splices.ts";
import { readPassedAnswer } from "../passed-answer.ts";
import { laterUsage, readUsage } from "./usage.ts";

/**
 * The client's bytes with the target's name of the model; whatever else they say is between client and provider. Only
 * thought that another provider's answer left in the conversation is taken out, because Anthropic refuses it.
 */
export function passRequest({ call, upstreamModel }: EncodeInput): Buffer {
  const splices = modelSplices(call, upstreamModel);
  const span = call.fields.get("messages");
  if (span && mayHoldOwnThinking(call.body)) {
    const messages: unknown[] = JSON.parse(call.body.toString("utf8", span.start, span.end));
    splices.push({ ...span, text: JSON.stringify(withoutOwnThinking(messages)) });
  }
  return applySplices(call.body, splices);
}

/** A whole answer as it came. */
export function passResponse(body: Buffer): DecodedResponse {
  return readPassedAnswer(body, readUsage);
}

/** A stream as it comes, with `message_stop` withheld. */
export function passStream(): StreamDecoder {
  return new MessagesStream();
}

type Event = {
  type?: unknown;
  message?: { usage?: unknown };
  delta?: { text?: unknown; thinking?: unknown; partial_json?: unknown };
  usage?: unknown;
  error?: { message?: unknown };
};

class MessagesStream extends PassingStream {
  private usage: unknown = null;

  /** A `ping` says nothing of the answer: what may come first in a stream is not taken for its beginning. */
  protected override read(bytes: Buffer): Verdict {
    const { event: name, data } = readSseEvent(bytes.toString("utf8"));
    if (data === null || name === "ping") return "forward";
    const event: Event | null = parseJsonObject(data);
    if (event?.type === "ping") return "forward";
    this.state.events++;
    if (event === null) {
      this.state.unreadableEvents++;
      return "forward";
    }
    switch (event.type ?? name ?? "") {
      case "content_block_delta":
        if (hasContent(event)) this.state.contentEvents++;
        break;
      case "message_start":
        this.count(event.message?.usage);
        break;
      case "message_delta":
        this.count(event.usage);
        break;
      case "message_stop":
        this.state.terminated = true;
        this.state.terminalWithheld = true;
        return "withhold";
      case "error":
        this.fail(textOrNull(event.error?.message) ?? "the provider sent an error event");
    }
    return "forward";
  }

  private count(usage: unknown): void {
    this.usage = laterUsage(this.usage, usage);
    this.state.usage = readUsage(this.usage) ?? this.state.usage;
  }

  private fail(message: string): void {
    this.state.error ??= { message, event: this.state.events };
  }
}

/** Signatures and citations are no output that is counted. */
function hasContent({ delta }: Event): boolean {
  const text = delta?.text ?? delta?.thinking ?? delta?.partial_json;
  return textOrNull(text) !== null;
}
