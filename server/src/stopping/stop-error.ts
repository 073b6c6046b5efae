import type { Unfinished } from './stop-state.ts';

/**
 * The server did not stop in the time that it has. Whoever runs it ends the process then: what was acknowledged is
 * durable all the same.
 */
export class StopError extends Error {
  override readonly name = 'StopError';

  constructor(timeoutMs: number, unfinished: Unfinished) {
    super(`it did not stop within ${timeoutMs} ms: ${WHAT[unfinished]}`);
  }
}

const WHAT: Readonly<Record<Unfinished, string>> = {
  announced: 'nobody was sent away yet',
  parting: 'clients were still being sent away',
  flushing: 'what was written was still being put in order',
};
