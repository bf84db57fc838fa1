import { anthropicErrorBody } from "@perpetuo/contracts/anthropic-errors";
import type { Usage } from "@perpetuo/contracts/usage";
import type { ModelCall } from "../adapter.ts";
import type { AnswerIdentity, FinishReason } from "../chat/answer.ts";
import type { Delta, StreamFormat } from "../chat/stream-format.ts";
import { opening, stopReason, toolUseId, usageObject, wantsThinking } from "./answer.ts";
import { ObjectEnd } from "./object-end.ts";
import { ownSignature } from "./own-thinking.ts";

/** Characters of tool calls that may wait for the open one's end, and what a piece counts beside its text. */
const mostWaiting = 4_194_304;
const pieceLength = 64;

type ToolDelta = Delta & { kind: "tool-call" | "tool-arguments" };

/** The block that is open. Where a tool's arguments end is looked for, because another tool may interrupt them. */
type OpenBlock = { kind: "text" | "reasoning" } | { kind: "tool"; tool: number; arguments: ObjectEnd };

/**
 * Anthropic's named events. Its blocks come one after the other, where OpenAI's calls may come mixed: what belongs to a
 * later call waits until the arguments of the open one are whole. Source: Anthropic documentation, "Streaming messages".
 */
export class MessagesStreamFormat implements StreamFormat {
  private readonly identity: AnswerIdentity;
  private readonly showsThinking: boolean;
  private model: string | null = null;
  private hasStarted = false;
  private hasRefused = false;
  private hasCalls = false;
  private open: OpenBlock | null = null;
  /** Blocks begun so far. */
  private blocks = 0;
  /** What came for tools other than the open one. */
  private waiting: ToolDelta[] = [];
  private waitingLength = 0;

  constructor(identity: AnswerIdentity, call: ModelCall) {
    this.identity = identity;
    this.showsThinking = wantsThinking(call);
  }

  identify(_id: string | null, model: string | null): void {
    this.model = model ?? this.model;
  }

  delta(delta: Delta, usage: Usage | null): string {
    const start = this.start(usage);
    switch (delta.kind) {
      case "role":
        return start;
      case "text":
        return start + this.text(delta.text);
      case "refusal":
        this.hasRefused = true;
        return start + this.text(delta.text);
      case "reasoning":
        return start + this.reasoning(delta.text);
      default:
        return start + this.tool(delta);
    }
  }

  failure(message: string): string {
    return event(anthropicErrorBody("api_error", message));
  }

  ending(reason: FinishReason | null, usage: Usage | null): string {
    const stop = stopReason(reason, { isRefusal: this.hasRefused, hasCalls: this.hasCalls });
    const delta = { stop_reason: stop, stop_sequence: null };
    return (
      this.start(usage) +
      this.flushWaiting() +
      this.close() +
      event({ type: "message_delta", delta, usage: usageObject(usage) }) +
      event({ type: "message_stop" })
    );
  }

  /** A ping follows at once, as Anthropic's own does: clients watch for bytes. */
  private start(usage: Usage | null): string {
    if (this.hasStarted) return "";
    this.hasStarted = true;
    const message = {
      ...opening(this.identity, this.model),
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { ...usageObject(usage), output_tokens: 0 },
    };
    return event({ type: "message_start", message }) + event({ type: "ping" });
  }

  private text(text: string): string {
    const begun = this.open?.kind === "text" ? "" : this.beginText();
    return begun + this.extend({ type: "text_delta", text });
  }

  private reasoning(text: string): string {
    if (!this.showsThinking) return "";
    const begun = this.open?.kind === "reasoning" ? "" : this.flushWaiting() + this.beginThinking();
    return begun + this.extend({ type: "thinking_delta", thinking: text });
  }

  private beginText(): string {
    return this.flushWaiting() + this.begin({ kind: "text" }, { type: "text", text: "" });
  }

  private beginThinking(): string {
    return this.begin({ kind: "reasoning" }, { type: "thinking", thinking: "", signature: "" });
  }

  private tool(delta: ToolDelta): string {
    const { open } = this;
    if (open?.kind === "tool") {
      if (delta.kind === "tool-arguments" && open.tool === delta.index) {
        return this.argue(delta.text) + this.admitWaiting();
      }
      if (this.waiting.length > 0 || !open.arguments.isWhole) {
        return this.wait(delta);
      }
    }
    return delta.kind === "tool-call" ? this.beginTool(delta) : "";
  }

  /** A call that has no end keeps the others waiting no longer than there is room for them. */
  private wait(delta: ToolDelta): string {
    this.waiting.push(delta);
    this.waitingLength += pieceLength + (delta.kind === "tool-arguments" ? delta.text.length : 0);
    return this.waitingLength > mostWaiting ? this.flushWaiting() : "";
  }

  private argue(text: string): string {
    if (this.open?.kind === "tool") this.open.arguments.push(text);
    return this.extend({ type: "input_json_delta", partial_json: text });
  }

  /** The open tool's arguments may be whole now: then the others have their turn, in order. */
  private admitWaiting(): string {
    if (this.waiting.length === 0 || this.open?.kind !== "tool" || !this.open.arguments.isWhole) return "";
    const deltas = this.takeWaiting();
    return deltas.map((delta) => this.tool(delta)).join("");
  }

  private beginTool(delta: Delta & { kind: "tool-call" }): string {
    const { index, name, extra } = delta;
    this.hasCalls = true;
    const signed = extra === undefined ? "" : this.sign(extra.google.thought_signature);
    const id = toolUseId(delta, { identity: this.identity, index });
    const block = { type: "tool_use", id, name, input: {} };
    return signed + this.begin({ kind: "tool", tool: index, arguments: new ObjectEnd() }, block);
  }

  /** The provider's signature, at the end of its thought; with none shown, thought that says nothing carries it. */
  private sign(signature: string): string {
    const opened = this.open?.kind === "reasoning" ? "" : this.beginThinking();
    return opened + this.close(signature);
  }

  private begin(open: OpenBlock, block: object): string {
    const closed = this.close();
    this.open = open;
    return closed + event({ type: "content_block_start", index: this.blocks++, content_block: block });
  }

  private extend(delta: object): string {
    return event({ type: "content_block_delta", index: this.blocks - 1, delta });
  }

  private takeWaiting(): ToolDelta[] {
    const deltas = this.waiting;
    this.waiting = [];
    this.waitingLength = 0;
    return deltas;
  }

  /** Nothing more comes for the open tool: all that waits is written, tool by tool. */
  private flushWaiting(): string {
    if (this.waiting.length === 0) return "";
    const deltas = this.takeWaiting().sort((left, right) => left.index - right.index);
    let text = "";
    for (const delta of deltas) {
      if (delta.kind === "tool-call") text += this.beginTool(delta);
      else if (this.open?.kind === "tool" && this.open.tool === delta.index) text += this.argue(delta.text);
    }
    return text;
  }

  private close(signature = ""): string {
    const { open } = this;
    if (open === null) return "";
    this.open = null;
    const signed =
      open.kind === "reasoning"
        ? this.extend({ type: "signature_delta", signature: ownSignature(signature) })
        : "";
    return signed + event({ type: "content_block_stop", index: this.blocks - 1 });
  }
}

/** Named by its type, as Anthropic's clients need it. */
function event(data: { type: string; [field: string]: unknown }): string {
  return `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
}
