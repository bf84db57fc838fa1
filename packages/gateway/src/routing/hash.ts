/** MurmurHash3's 32-bit variant for x86 (Austin Appleby, public domain), with seed 0: quick, even, and no secret. */
export function hashBytes(bytes: Uint8Array): number {
  const length = bytes.length;
  const whole = length - (length % 4);
  let hash = 0;
  for (let at = 0; at < whole; at += 4) {
    const block =
      byte(bytes, at) |
      (byte(bytes, at + 1) << 8) |
      (byte(bytes, at + 2) << 16) |
      (byte(bytes, at + 3) << 24);
    hash ^= scramble(block);
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  let rest = 0;
  for (let at = length - 1; at >= whole; at--) rest = (rest << 8) | byte(bytes, at);
  if (length > whole) hash ^= scramble(rest);
  return mix(hash ^ length);
}

/** An even number in (0, 1) from two hashes: the same pair always gives the same one. */
export function unitOf(left: number, right: number): number {
  return (mix(mix(left) ^ right) + 0.5) / 2 ** 32;
}

function byte(bytes: Uint8Array, at: number): number {
  return bytes[at] as number;
}

function scramble(block: number): number {
  const product = Math.imul(block, 0xcc9e2d51);
  return Math.imul((product << 15) | (product >>> 17), 0x1b873593);
}

/** Lets every bit of the input change about half of the output's. */
function mix(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
