/** Why a server could not start: one line for the person who started it. */
export class StartError extends Error {
  override readonly name = 'StartError';
  readonly kind: 'refused' | 'unavailable' | 'storage' | 'invalid';

  constructor(kind: StartError['kind'], message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.kind = kind;
  }
}
