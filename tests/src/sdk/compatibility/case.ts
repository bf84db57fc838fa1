import type { Stack } from "../../harness/stack.ts";
import type { Call, SdkClient } from "./client.ts";
import type { MatrixProvider } from "./providers.ts";

/** One cell's surroundings. `call` names the model that the case asks for, and the gateway's request id for it. */
export type Cell = {
  stack: Stack;
  client: SdkClient;
  provider: MatrixProvider;
  call(part?: string): Call;
  /** The same call to each of the other providers. */
  callsElsewhere(): Call[];
};

/** A row of the matrix: what the mock is asked for, in the words of its model names, and what the SDK must make of it. */
export type Case = {
  title: string;
  /** What it means that the cell works, for the document. */
  promise: string;
  /** The mock's behaviour. */
  behaviour: string;
  /** What the SDK takes the model for, by its name; without it, for one that answers at once. */
  model?: keyof SdkClient["modelNames"];
  run(cell: Cell): Promise<void>;
};
