/**
 * Loaded into the proxy's processes by `NODE_OPTIONS=--import`: a request whose metadata has `block_ms` blocks the thread
 * that reads it for so long. The gateway itself has no such thing.
 */
const parse = JSON.parse;

JSON.parse = (text: string, ...more: []): unknown => {
  const value: unknown = parse(text, ...more);
  const wanted = (value as { block_ms?: unknown } | null)?.block_ms;
  if (typeof wanted === "string") blockTheLoop(Number(wanted));
  return value;
};

function blockTheLoop(milliseconds: number): void {
  const until = performance.now() + milliseconds;
  while (performance.now() < until) Math.random();
}
