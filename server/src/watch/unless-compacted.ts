import { ProtocolError } from '@confer/shared';

/** What was read, or that the revision is no longer in history. */
export function unlessCompacted<T>(read: () => T): T | 'compacted' {
  try {
    return read();
  } catch (error) {
    if (error instanceof ProtocolError && error.code === 'compacted') return 'compacted';
    throw error;
  }
}
