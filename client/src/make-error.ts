import { type ErrorReply, isErrorCode } from '@confer/shared';
import { CompactedError, ConferError, ConflictError } from './errors.ts';

/*
 * What makes errors, apart from their classes: those are one and the same in all bundles for browsers, which take them
 * from the first, while each has its own of these.
 */

/** The typed error of an error reply. A code that this client does not know is the server's bug. */
export function errorOfReply(reply: ErrorReply): ConferError {
  const { code, message, path } = reply;
  if (!isErrorCode(code)) return new ConferError('internal', `${code}: ${message}`);
  if (code === 'conflict') return new ConflictError(message, path, reply.current ?? undefined);
  if (code === 'compacted') return new CompactedError(message, code, reply.compactedRevision ?? 0);
  return new ConferError(code, message, { path });
}

/** The right to read a subtree has ended while it was watched. */
export function revokedError(path: string, revision: number): ConferError {
  const message = `${path} may not be read any more, from revision ${revision} on`;
  return new ConferError('forbidden', message, { path });
}

/** `what` was closed by its user. */
export function closedError(what: string): ConferError {
  return new ConferError('closed', `${what} is closed`);
}

/** Whatever was thrown: there are things that cannot even be made a string. */
export function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? `${error.message}` : String(error);
  } catch {
    return 'something that says nothing of itself';
  }
}
