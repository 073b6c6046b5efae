/** Limits of leases, apart from the others, which every page loads. */
export const leaseLimits = {
  /** Of a lease, in whole seconds. etcd gives none that is shorter. */
  ttlMsMin: 2_000,
  ttlMsMax: 24 * 60 * 60 * 1_000,
  /** Leases of a store, and of one principal where everybody is asked who they are. */
  leasesMax: 100_000,
  leasesOfPrincipalMax: 10_000,
  /** Entries that go with one lease: their end is one commit. */
  entriesMax: 10_000,
  /** Leases of one `keepAlive`. */
  keptMax: 1_000,
} as const;

/**
 * A lease is an entry of the server's own: what it is stands at `leasePath`, and goes with the lease. So every
 * server of a cluster has all leases through the feed that it has anyway.
 */
export const LEASES = '/.confer/leases';

/** Sixteen digits of a 63 bit number, which is what etcd names leases by. */
const ID = /^[0-7][0-9a-f]{15}$/;

export function isLeaseId(text: string): boolean {
  return ID.test(text) && text !== '0000000000000000';
}

export function leasePath(lease: string): string {
  return `${LEASES}/${lease}`;
}

/** Why no lease can have that TTL. */
export function ttlProblem(ttlMs: number): string | undefined {
  const { ttlMsMin, ttlMsMax } = leaseLimits;
  if (ttlMs >= ttlMsMin && ttlMs <= ttlMsMax && ttlMs % 1_000 === 0) return undefined;
  return `a TTL is ${ttlMsMin} to ${ttlMsMax} ms, in whole seconds`;
}
