import type { AnswerContext, StreamDecoder } from "../../adapter.ts";
import { type AnswerIdentity, textOrNull } from "../../chat/answer.ts";
import { mostCallsOf } from "../../chat/most-calls.ts";
import {
  type EventTranslator,
  endAnswer,
  type StreamWriter,
  translatedStream,
} from "../../chat/translated-stream.ts";
import { candidateEnd, type GenerateContentResponse, type PartContent, partsOf } from "./candidate.ts";
import { toolCallId } from "./decode-response.ts";
import { readUsage } from "./usage.ts";

/** Turns a stream of `GenerateContentResponse` events (`alt=sse`) into the client's. Source: Gemini API reference. */
export function streamDecoder(context: AnswerContext): StreamDecoder {
  return translatedStream(new GoogleEvents(context.identity), context, mostCallsOf(context.call));
}

/** The wire has no event of its own for the end: a stream is whole when it ends behind a finish reason. */
class GoogleEvents implements EventTranslator {
  private identity: AnswerIdentity;
  private hasStarted = false;
  private toolCalls = 0;
  private reason: string | null = null;

  constructor(identity: AnswerIdentity) {
    this.identity = identity;
  }

  event(_name: string | null, data: unknown, writer: StreamWriter): void {
    if (typeof data !== "object" || data === null) return;
    const response = data as GenerateContentResponse;
    if (response.error) {
      writer.fail(textOrNull(response.error.message) ?? "the provider sent an error event");
      return;
    }
    // The counts are cumulative, and an early event may have none.
    writer.state.usage = readUsage(response.usageMetadata) ?? writer.state.usage;
    this.start(response, writer);
    for (const part of partsOf(response)) this.write(part, writer);
    if (response.promptFeedback?.blockReason) this.reason = "PROHIBITED_CONTENT";
    this.reason = textOrNull(response.candidates?.[0]?.finishReason) ?? this.reason;
  }

  end(writer: StreamWriter): void {
    if (this.reason !== null) endAnswer(candidateEnd(this.reason, this.toolCalls > 0), writer);
  }

  private start(response: GenerateContentResponse, writer: StreamWriter): void {
    if (this.hasStarted) return;
    this.hasStarted = true;
    const id = textOrNull(response.responseId);
    this.identity = { ...this.identity, id: id ?? this.identity.id };
    writer.identify(id, textOrNull(response.modelVersion));
    writer.delta({ kind: "role" });
  }

  private write(part: PartContent, writer: StreamWriter): void {
    if (part.kind !== "tool-call") {
      writer.delta(part);
      return;
    }
    const index = this.toolCalls++;
    const { id, name, arguments: text, extra } = part.call;
    writer.delta({
      kind: "tool-call",
      index,
      id: id ?? toolCallId(this.identity, index),
      name,
      ...(extra === undefined ? {} : { extra }),
    });
    writer.delta({ kind: "tool-arguments", index, text });
  }
}
