/** The first use of `performance` loads it; the difference is taken after that. */
const before = performance.now();
const processStart = Number(process.hrtime.bigint() / 1_000n) - ((before + performance.now()) / 2) * 1_000;

/** Microseconds of the monotonic clock, which all processes of a machine share; unlike a bigint it costs no memory. */
export function monotonicMicroseconds(): number {
  return processStart + performance.now() * 1_000;
}
