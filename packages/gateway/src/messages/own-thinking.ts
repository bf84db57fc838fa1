/**
 * Blocks of thought that the gateway made of another provider's. Anthropic signs its own and refuses all others, so the
 * signature says whose they are, and they are taken out before a conversation goes on at Anthropic.
 */
const mark = "perpetuo:";

/** The signature of a block that is not Anthropic's, around the provider's own, which may be empty. */
export function ownSignature(signature: string): string {
  return mark + signature;
}

/** What another provider signed; null for a block of Anthropic's, and for one that nobody signed. */
export function providerSignature(signature: string): string | null {
  return signature.startsWith(mark) && signature.length > mark.length ? signature.slice(mark.length) : null;
}

const markedBytes = Buffer.from(`"${mark}`);

/** Whether the text of a request can hold such a block; the search is for bytes, because nearly none does. */
export function mayHoldOwnThinking(body: Buffer): boolean {
  return body.includes(markedBytes);
}

type Message = { content?: unknown };
type Block = { type?: unknown; signature?: unknown };

/** The conversation without such blocks, and without a turn that was nothing else. */
export function withoutOwnThinking(messages: readonly unknown[]): unknown[] {
  return messages.flatMap((message) => {
    const content = (message as Message | null)?.content;
    if (!Array.isArray(content)) return [message];
    const kept = content.filter((block) => !isOwn(block));
    if (kept.length === content.length) return [message];
    return kept.length === 0 ? [] : [{ ...(message as Message), content: kept }];
  });
}

function isOwn(block: unknown): boolean {
  const { type, signature } = (block ?? {}) as Block;
  return type === "thinking" && typeof signature === "string" && signature.startsWith(mark);
}
