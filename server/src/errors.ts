import type { Unfinished } from './stopping/stop-state.ts';

/** Why a server could not start: one line for the person who started it. */
export class StartError extends Error {
  override readonly name = 'StartError';
  readonly kind: 'refused' | 'unavailable' | 'storage' | 'invalid';

  constructor(kind: StartError['kind'], message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.kind = kind;
  }
}

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
