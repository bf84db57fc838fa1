type Span = { started_ms: number; duration_ms: number; first_byte_ms: number | null };

/** A bar on the time axis of a request. `left` and `width` are per cent of the axis, `waiting` per cent of the bar. */
export type TimelineBar = { left: number; width: number; waiting: number };

/**
 * Places an attempt on the axis of its request. Clocks of different phases round differently, so that an attempt may
 * seem to end after its request; the bar never leaves the axis.
 */
export function timelineBar(attempt: Span, totalMilliseconds: number): TimelineBar {
  const total = Math.max(totalMilliseconds, attempt.started_ms + attempt.duration_ms, Number.MIN_VALUE);
  const left = percent(attempt.started_ms, total);
  const width = Math.min(percent(attempt.duration_ms, total), 100 - left);
  const firstByte = attempt.first_byte_ms;
  const waiting =
    firstByte === null || attempt.duration_ms <= 0
      ? 100
      : percent(firstByte - attempt.started_ms, attempt.duration_ms);
  return { left, width, waiting };
}

function percent(part: number, whole: number): number {
  return Math.min(100, Math.max(0, (part / whole) * 100));
}
