export const longestModelName = 256;

/** Whether a value can be asked for as a model: a text of bounded length without control characters or half surrogates. */
export function isModelName(value: unknown): value is string {
  return (
    typeof value === "string" &&
    value.length > 0 &&
    value.length <= longestModelName &&
    value.isWellFormed() &&
    !/\p{Cc}/u.test(value)
  );
}
