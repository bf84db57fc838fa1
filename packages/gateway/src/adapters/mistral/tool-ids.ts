const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const length = 9;
const own = /^[a-zA-Z0-9]{9}$/;

/**
 * A tool call's id as Mistral takes it: nine letters and digits. Its own ids stay; another provider's becomes the same nine characters
 * wherever it stands, so that a call and its result still belong together. Source: Mistral's error 3280.
 */
export function toMistralToolId(id: string): string {
  if (own.test(id)) return id;
  let text = "";
  let [high, low] = hashOf(id);
  for (let place = 0; place < length; place++) {
    // Nine times log2(62) are 53.6 bits: both halves of the hash take part.
    text += alphabet[(place % 2 === 0 ? high : low) % alphabet.length];
    if (place % 2 === 0) high = Math.floor(high / alphabet.length);
    else low = Math.floor(low / alphabet.length);
  }
  return text;
}

/** Two 32-bit hashes of the text (FNV-1a with two offsets, each mixed by a multiplication at the end). */
function hashOf(text: string): [number, number] {
  let high = 0x811c9dc5;
  let low = 0x01000193;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    high = Math.imul(high ^ unit, 0x01000193);
    low = Math.imul(low ^ unit, 0x5bd1e995);
  }
  return [mix(high), mix(low ^ text.length)];
}

function mix(hash: number): number {
  const once = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (once ^ (once >>> 13)) >>> 0;
}
