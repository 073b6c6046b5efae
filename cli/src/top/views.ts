import type { Reading } from './reading.ts';

/** What is known of a server. */
export type View =
  /** It answers; `before` is the reading that rates are taken from. */
  | {
      readonly kind: 'answering';
      readonly reading: Reading;
      readonly before: Reading | undefined;
    }
  /** It does not: what was known last, since when, and why. */
  | {
      readonly kind: 'away';
      readonly reading: Reading;
      readonly since: number;
      readonly reason: string;
    };

export interface Viewing {
  readonly read: () => Promise<Reading>;
  readonly now: () => number;
  /** Resolves when it is time for the next reading. */
  readonly pause: () => Promise<void>;
  /** Why the server did not answer, in words; throws what no waiting mends. */
  readonly reasonOf: (error: unknown) => string;
}

/** A view now, and one after each pause, whether the server answers or not. What is first read has to be there. */
export async function* views({ read, now, pause, reasonOf }: Viewing): AsyncGenerator<View, never> {
  let view: View = { kind: 'answering', reading: await read(), before: undefined };
  for (;;) {
    yield view;
    await pause();
    const before: Reading = view.reading;
    try {
      view = { kind: 'answering', reading: await read(), before };
    } catch (error) {
      const reason = reasonOf(error);
      // Since then nothing is known: not since the question that had no answer.
      const since: number = view.kind === 'away' ? view.since : before.at;
      view = { kind: 'away', reading: before, since: Math.min(since, now()), reason };
    }
  }
}
