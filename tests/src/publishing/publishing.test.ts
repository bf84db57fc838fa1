import { afterAll, beforeAll, expect, it } from "vitest";
import { distribution, report } from "../harness/figures.ts";
import { type Stack, startStack } from "../harness/stack.ts";
import { checkThatABrokenDraftStaysADraft } from "./broken-draft.ts";
import { checkTheDocumentedCommands } from "./documented-commands.ts";
import { checkThatControlExplainsAsTheGatewayPlans } from "./explain.ts";
import { checkPublishingUnderLoad, threads } from "./publishing.ts";

let stack: Stack;

beforeAll(async () => {
  stack = await startStack({ threads, control: true });
});
afterAll(() => stack[Symbol.asyncDispose]());

it("10 versions under load · live on every thread, no request fails, rows and headers agree", async () => {
  const { latenciesMs, requests } = await checkPublishingUnderLoad(stack, { versions: 10, perSecond: 50 });
  report(
    `publishing's answer to the last thread's first answer by it, ${requests} requests meanwhile: ` +
      distribution(latenciesMs, "ms"),
  );
  expect(latenciesMs).toHaveLength(10);
});

it("a broken draft · is neither published by itself nor on demand, and requests go on by the version before", async () => {
  await checkThatABrokenDraftStaysADraft(stack);
});

it("docs/routing.md · the commands of publishing run as written", async () => {
  await checkTheDocumentedCommands(stack);
});

it("routes.explain · says what the gateway's own dry run says", async () => {
  await checkThatControlExplainsAsTheGatewayPlans(stack);
});
