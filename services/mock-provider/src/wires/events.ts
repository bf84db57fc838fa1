import type { UnaryAnswer } from "../answer/answer.ts";
import type { ChatParts } from "../answer/chat-parts.ts";
import { jsonHeaders, streamHeaders } from "../answer/common.ts";
import type { MockRequest } from "../request/parse-request.ts";

/** A server-sent event with the name that its data have as `type`. */
export function namedEvent(data: { type: string; [member: string]: unknown }): string {
  return `event: ${data.type}\n${dataEvent(data)}`;
}

export function dataEvent(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}

/** A whole answer with this body. */
export function wholeAnswer(request: MockRequest, parts: ChatParts, body: object): UnaryAnswer {
  return {
    kind: "unary",
    status: 200,
    headers: jsonHeaders(request, parts.identity),
    body: Buffer.from(JSON.stringify(body)),
    contentTokens: parts.tokens,
    usage: parts.usage,
  };
}

/** What every stream has in common; a wire adds its frames. */
export function streamHead(request: MockRequest, parts: ChatParts) {
  return {
    kind: "stream" as const,
    status: 200,
    headers: streamHeaders(request, parts.identity),
    contentCount: parts.tokens,
    usage: parts.usage,
  };
}

/** Which call, and which of its fragments, the token at `index` is. */
export function fragmentAt(
  { calls }: ChatParts,
  index: number,
): { call: number; text: string; isFirst: boolean; isLast: boolean } {
  let before = 0;
  for (const [call, { fragments }] of calls.entries()) {
    const place = index - before;
    if (place < fragments.length) {
      const text = fragments[place] ?? "";
      return { call, text, isFirst: place === 0, isLast: place === fragments.length - 1 };
    }
    before += fragments.length;
  }
  return { call: 0, text: "", isFirst: false, isLast: false };
}
