import { expect, test } from "vitest";
import { ThreadPoll } from "./thread-poll.ts";

test("all threads answer · the answers, in their order", async () => {
  const poll = new ThreadPoll<string, number>();
  const asked: [string, number][] = [];
  const answers = poll.ask(["a", "b"], (thread, id) => asked.push([thread, id]));
  const [[, id]] = asked as [[string, number]];
  poll.answer(id, "b", 2);
  poll.answer(id, "a", 1);
  expect(await answers).toEqual([2, 1]);
});

test("a thread ends before it answers · is not waited for", async () => {
  const poll = new ThreadPoll<string, number>();
  const answers = poll.ask(["a", "b"], (thread, id) => {
    if (thread === "a") poll.answer(id, thread, 1);
  });
  poll.forget("b");
  expect(await answers).toEqual([1]);
});

test("no threads · no answers", async () => {
  const nobody: string[] = [];
  expect(await new ThreadPoll<string, number>().ask(nobody, () => undefined)).toEqual([]);
});
