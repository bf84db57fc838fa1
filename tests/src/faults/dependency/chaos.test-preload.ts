/**
 * Loaded into the gateway before everything else: a request whose `x-perpetuo-metadata` asks for it meets a fault of the
 * program itself, as a defect would be that no test has found. The gateway has no hook for it.
 */
const parse = JSON.parse;

const faults: Record<string, (metadata: object) => object> = {
  /** Throws where the request is handled. */
  throw: () =>
    new Proxy(
      {},
      {
        ownKeys() {
          throw new Error("chaos: thrown inside a request");
        },
      },
    ),
  /** Throws where nobody catches. */
  uncaught(metadata) {
    setImmediate(() => {
      throw new Error("chaos: thrown outside of every request");
    });
    return metadata;
  },
  /** Rejects where nobody waits. */
  rejection(metadata) {
    void Promise.reject(new Error("chaos: rejected outside of every request"));
    return metadata;
  },
  /** Throws while the log record is written. */
  settle: (metadata) =>
    Object.defineProperty(metadata, "toJSON", {
      value() {
        throw new Error("chaos: thrown while the record is encoded");
      },
    }),
};

JSON.parse = (text: string, reviver?: (key: string, value: unknown) => unknown): unknown => {
  const value: unknown = parse(text, reviver);
  const fault = /^\{"chaos":"(\w+)"\}$/.exec(text)?.[1];
  return fault === undefined ? value : (faults[fault]?.(value as object) ?? value);
};
