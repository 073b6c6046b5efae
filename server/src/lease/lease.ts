import { isWithin, LEASES, leasePath } from '@confer/shared';

/** A lease, as its entry says it. */
export interface Lease {
  readonly id: string;
  readonly ttlMs: number;
  /** The name of the principal who may use it. */
  readonly owner: string;
  readonly name?: string;
}

/** The lease whose entry stands at a path; `undefined` where none does. */
export function leaseOfPath(path: string): string | undefined {
  return isWithin(path, LEASES) && path.length > LEASES.length
    ? path.slice(LEASES.length + 1)
    : undefined;
}

/** What is written down of a lease. */
export function recordOf({ id, ...about }: Lease) {
  return { type: 'put', path: leasePath(id), value: JSON.stringify(about), lease: id } as const;
}

/** The same, once somebody has revoked it, where it is ended after that. */
export function revocationOf({ id, ...about }: Lease) {
  const value = JSON.stringify({ ...about, revoked: true });
  return { type: 'put', path: leasePath(id), value, lease: id } as const;
}

/** Reads that again. In a store that others write too, anything may stand there: then there is no lease. One that is revoked is none. */
export function leaseOf(id: string, value: string): Lease | undefined {
  const about = parsed(value);
  if (typeof about !== 'object' || about === null) return undefined;
  if (!('ttlMs' in about) || !('owner' in about) || 'revoked' in about) return undefined;
  const { ttlMs, owner } = about;
  if (typeof ttlMs !== 'number' || typeof owner !== 'string') return undefined;
  const name = 'name' in about && typeof about.name === 'string' ? { name: about.name } : {};
  return { id, ttlMs, owner, ...name };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
