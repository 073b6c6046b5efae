import type { DeleteCause } from '@confer/shared';
import { textOf } from './keyspace.ts';

/**
 * What is written with each commit beside its entries, under its request id: what an entry does not say by
 * itself, and that the request was made (S4). It has the revision of its commit, and lives as long as an entry
 * of that revision does.
 */
export interface CommitRecord {
  readonly actor: string;
  readonly note?: string;
  /** Milliseconds since the Unix epoch, by the clock of the gateway that wrote it. */
  readonly time: number;
  /** Of what was asked for (`fingerprintOf`). */
  readonly fingerprint: number;
  readonly cause?: DeleteCause;
  /** Subtrees that were removed as a whole. */
  readonly cleared?: readonly string[];
  /** The request did what it does where a condition does not hold. */
  readonly otherwise?: true;
  /**
   * The request was not made and its writer was told so: what may still be under way of it must not be made
   * any more.
   */
  readonly isVoid?: true;
}

export function encodeRecord(record: CommitRecord): Buffer {
  return Buffer.from(JSON.stringify(record));
}

/** `undefined` where somebody else wrote what cannot be one. */
export function decodeRecord(bytes: Uint8Array): CommitRecord | undefined {
  try {
    const raw: unknown = JSON.parse(textOf(bytes) ?? '');
    return isRecord(raw) ? raw : undefined;
  } catch {
    return undefined;
  }
}

const CAUSES: readonly unknown[] = ['removed', 'expired', 'revoked'] satisfies DeleteCause[];

function isRecord(raw: unknown): raw is CommitRecord {
  if (typeof raw !== 'object' || raw === null) return false;
  const fields = new Map<string, unknown>(Object.entries(raw));
  const note = fields.get('note');
  const cleared = fields.get('cleared');
  return (
    typeof fields.get('actor') === 'string' &&
    Number.isSafeInteger(fields.get('time')) &&
    Number.isSafeInteger(fields.get('fingerprint')) &&
    (note === undefined || typeof note === 'string') &&
    (fields.get('cause') === undefined || CAUSES.includes(fields.get('cause'))) &&
    (cleared === undefined ||
      (Array.isArray(cleared) && cleared.every((path) => typeof path === 'string')))
  );
}
