/** What is told of something that takes time, beside how long it took. Values of entries and secrets are in none of it. */
export type SpanAttributes = Readonly<Record<string, string | number>>;

/** Something that takes time, while it does. */
export interface Span {
  /** It is over. `error`: the code of what it failed with. */
  end(attributes?: SpanAttributes, error?: string): void;
}

/** Shows those who run a server what its time goes into, among what else they trace. */
export interface Tracing {
  /**
   * Something begins. `parent`: the `traceparent` of what it is a part of; without it, it is a trace of its own. That
   * is a text that was checked.
   */
  begin(name: SpanName, attributes: SpanAttributes, parent?: string): Span;
}

/** Few things are traced: what somebody waits for. Nothing is that comes with each change and each subscriber. */
export type SpanName = 'confer.commit' | 'confer.txn' | 'confer.catch_up';

/** Traces a write, where anybody traces at all. Without `await`, which would cost each write a turn of promises. */
export function traced<Result extends { readonly revision: number }>(
  tracing: Tracing | undefined,
  begin: (tracing: Tracing) => Span,
  run: () => Promise<Result>,
): Promise<Result> {
  if (tracing === undefined) return run();
  const span = begin(tracing);
  const failed = (error: unknown) => {
    span.end({}, codeOf(error));
    throw error;
  };
  try {
    return run().then((result) => {
      span.end({ 'confer.revision': result.revision });
      return result;
    }, failed);
  } catch (error) {
    return failed(error);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'internal';
}
