import { Interrupted } from '../failure.ts';
import type { Terminal } from '../terminal.ts';

/** What probes run with. */
export interface ProbeLimits {
  readonly terminal: Pick<Terminal, 'clock' | 'signal'>;
  /** Of one probe. */
  readonly timeoutMs: number;
}

export type Probed<Result> =
  | { readonly kind: 'found'; readonly result: Result; readonly tookMs: number }
  | { readonly kind: 'failed'; readonly error: Error }
  | { readonly kind: 'late' };

/**
 * Runs one probe, for so long and no longer. A probe that is late goes on unheard: some, such as a look-up of a name,
 * cannot be stopped; `end` stops those that can. Rejects only where the user asks the command to end.
 */
export async function probe<Result>(
  { terminal: { clock, signal }, timeoutMs }: ProbeLimits,
  work: () => Promise<Result>,
  end: () => void = () => {},
): Promise<Probed<Result>> {
  const startedAt = clock.now();
  const running = work().then(
    (result): Probed<Result> => ({
      kind: 'found',
      result,
      tookMs: Math.max(0, clock.now() - startedAt),
    }),
    (error: unknown): Probed<Result> => ({
      kind: 'failed',
      error: error instanceof Error ? error : new Error(String(error)),
    }),
  );
  let cancel = () => {};
  const bound = new Promise<Probed<Result>>((resolve, reject) => {
    const timer = clock.setTimer(timeoutMs, () => resolve({ kind: 'late' }));
    const abort = () => reject(new Interrupted(signal));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
    cancel = () => {
      timer.cancel();
      signal.removeEventListener('abort', abort);
    };
  });
  try {
    return await Promise.race([running, bound]);
  } finally {
    cancel();
    end();
  }
}

/** A time for people; clocks tick once a millisecond. */
export function msText(ms: number): string {
  return ms < 1 ? 'under 1 ms' : `${Math.round(ms)} ms`;
}

/** What Node says of a failure, in one line: a name with several addresses fails with one error for each. */
export function reasonOf(error: Error): string {
  if (error instanceof AggregateError && error.message === '')
    return error.errors.map((one) => (one instanceof Error ? one.message : String(one))).join(', ');
  return error.message.replace(/\s*\n\s*/g, ' ');
}
