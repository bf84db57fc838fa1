import dns, { type LookupAddress } from "node:dns";
import { syncBuiltinESMExports } from "node:module";

type Callback = (error: Error | null, address: string | LookupAddress[], family?: number) => void;

/**
 * Loaded into the gateway before everything else: each name resolves to this machine, as names do whose owner has
 * rebound them since they were checked.
 */
dns.lookup = ((_name: string, options: { all?: boolean } | Callback, callback?: Callback): void => {
  const answer = callback ?? (options as Callback);
  const all = typeof options === "object" && options.all === true;
  process.nextTick(() =>
    all ? answer(null, [{ address: "127.0.0.1", family: 4 }]) : answer(null, "127.0.0.1", 4),
  );
}) as typeof dns.lookup;
syncBuiltinESMExports();
