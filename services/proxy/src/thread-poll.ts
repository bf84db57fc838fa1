type Question<TThread, TAnswer> = {
  waiting: Set<TThread>;
  answers: TAnswer[];
  done: (answers: TAnswer[]) => void;
};

/** Questions that are put to all threads at once. A thread that ends has nothing more to say. */
export class ThreadPoll<TThread, TAnswer> {
  private readonly questions = new Map<number, Question<TThread, TAnswer>>();
  private next = 0;

  /** Puts the question to each thread, under an id that comes back with its answer. */
  ask(threads: Iterable<TThread>, put: (thread: TThread, id: number) => void): Promise<TAnswer[]> {
    const id = this.next++;
    return new Promise((done) => {
      const waiting = new Set(threads);
      if (waiting.size === 0) {
        done([]);
        return;
      }
      this.questions.set(id, { waiting, answers: [], done });
      for (const thread of waiting) put(thread, id);
    });
  }

  answer(id: number, thread: TThread, answer: TAnswer): void {
    const question = this.questions.get(id);
    question?.answers.push(answer);
    this.heard(id, thread);
  }

  /** The thread is gone and answers no more. */
  forget(thread: TThread): void {
    for (const id of this.questions.keys()) this.heard(id, thread);
  }

  private heard(id: number, thread: TThread): void {
    const question = this.questions.get(id);
    if (question === undefined) return;
    question.waiting.delete(thread);
    if (question.waiting.size > 0) return;
    this.questions.delete(id);
    question.done(question.answers);
  }
}
