/** Ends things in the reverse order of their beginnings; all of them, even when one fails. */
export class Cleanup implements AsyncDisposable {
  private readonly ends: (() => PromiseLike<void>)[] = [];

  use<TResource extends AsyncDisposable>(resource: TResource): TResource {
    this.defer(() => resource[Symbol.asyncDispose]());
    return resource;
  }

  /** Begins several things at the same time; when one fails, the others are ended with the rest. */
  async useAll(beginnings: Promise<AsyncDisposable>[]): Promise<void> {
    const outcomes = await Promise.allSettled(beginnings);
    for (const outcome of outcomes) if (outcome.status === "fulfilled") this.use(outcome.value);
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }

  defer(end: () => PromiseLike<void>): void {
    this.ends.push(end);
  }

  /** @throws {AggregateError} of everything that failed to end. */
  async [Symbol.asyncDispose](): Promise<void> {
    const errors: unknown[] = [];
    for (const end of this.ends.splice(0).reverse()) {
      try {
        await end();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, errors.map(String).join("\n"));
  }
}
