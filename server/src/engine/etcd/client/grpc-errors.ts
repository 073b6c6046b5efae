import { EtcdError, type EtcdErrorCode } from './cluster.ts';

/** By the numbers of gRPC. */
const CODES: { readonly [code: number]: EtcdErrorCode } = {
  1: 'cancelled',
  3: 'invalid_argument',
  4: 'deadline_exceeded',
  5: 'not_found',
  7: 'permission_denied',
  8: 'resource_exhausted',
  9: 'failed_precondition',
  11: 'out_of_range',
  12: 'unimplemented',
  13: 'internal',
  14: 'unavailable',
  16: 'unauthenticated',
};

interface ServiceError {
  readonly code: number;
  readonly details: string;
}

/** What the library says went wrong. */
export function etcdErrorOf(error: unknown): EtcdError {
  if (error instanceof EtcdError) return error;
  if (!isServiceError(error)) return new EtcdError('unknown', String(error));
  // The library says how it looked for addresses, too.
  const details = error.details.replace(/\s*Resolution note: .*$/s, '');
  return new EtcdError(CODES[error.code] ?? 'unknown', details);
}

function isServiceError(error: unknown): error is Error & ServiceError {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'number' &&
    'details' in error &&
    typeof error.details === 'string'
  );
}
