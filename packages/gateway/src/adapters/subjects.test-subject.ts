import { anthropicSubject } from "./anthropic/wire.test-subject.ts";
import { azureSubject } from "./azure/wire.test-subject.ts";
import { cohereSubject } from "./cohere/wire.test-subject.ts";
import type { ContractSubject } from "./contract.test-subject.ts";
import { googleSubject } from "./google/wire.test-subject.ts";
import { mistralSubject } from "./mistral/wire.test-subject.ts";
import { openAiSubject } from "./openai/wire.test-subject.ts";

/** What the contract suites run over. Every adapter joins with one line. */
export const subjects: readonly ContractSubject[] = [
  openAiSubject,
  anthropicSubject,
  googleSubject,
  cohereSubject,
  mistralSubject,
  azureSubject,
];

/** Beside the checkout, where the recordings are at hand. */
export const recordings = new URL("../../../../../shared/fixtures/", import.meta.url);
