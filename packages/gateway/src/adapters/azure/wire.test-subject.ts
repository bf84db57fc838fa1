import type { ContractSubject } from "../contract.test-subject.ts";
import { openAiSubject } from "../openai/wire.test-subject.ts";
import { azureChat, azureWire } from "./index.ts";

/** Azure's answers are OpenAI's; only where a call goes and how it is authorised differ. */
export const azureSubject: ContractSubject = {
  ...openAiSubject,
  name: "azure",
  adapter: azureWire,
  codec: azureChat,
  recordings: [],
};
