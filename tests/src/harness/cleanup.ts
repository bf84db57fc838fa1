/** Ends things in the reverse order of their beginnings; all of them, even when one fails. */
export class Cleanup implements AsyncDisposable {
  private readonly ends: (() => PromiseLike<void>)[] = [];

  use<TResource extends AsyncDisposable>(resource: TResource): TResource {
    this.defer(() => resource[Symbol.asyncDispose]());
    return resource;
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
