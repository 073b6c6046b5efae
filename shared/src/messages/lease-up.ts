import { leaseLimits } from '../lease.ts';
import * as v from '../schema.ts';
import { count, name, requestId, requestNumber, text } from './parts.ts';

/** Makes a lease. Sent again with its request id, it is the same lease (S4). Answered by `leases`. */
export const grantLease = v.object({
  type: v.literal('grantLease'),
  id: requestNumber,
  requestId,
  /** In whole seconds. */
  ttlMs: count,
  /** What it is for, for people. */
  name: v.exactOptional(name),
});

/** From now on, each of these leases has its whole TTL again. Answered by `leases`. */
export const keepAlive = v.object({
  type: v.literal('keepAlive'),
  id: requestNumber,
  leases: v.pipe(v.array(text), v.minLength(1), v.maxLength(leaseLimits.keptMax)),
});

/** Ends a lease: its entries go in one commit, with the cause `revoked`. Answered by `committed`. */
export const revokeLease = v.object({
  type: v.literal('revokeLease'),
  id: requestNumber,
  requestId,
  lease: text,
});

/** Reads one lease, and a page of the paths that it has. Answered by `leases`. */
export const readLease = v.object({
  type: v.literal('readLease'),
  id: requestNumber,
  lease: text,
  /** Continue after this path: the `next` of the page before. */
  after: v.exactOptional(text),
});

/** A page of the leases of who asks; of all, where that one may `operate` the server. Answered by `leases`. */
export const listLeases = v.object({
  type: v.literal('listLeases'),
  id: requestNumber,
  /** Continue after this lease: the `next` of the page before. */
  after: v.exactOptional(text),
});

export type GrantLeaseRequest = v.InferOutput<typeof grantLease>;
export type KeepAliveRequest = v.InferOutput<typeof keepAlive>;
export type RevokeLeaseRequest = v.InferOutput<typeof revokeLease>;
export type ReadLeaseRequest = v.InferOutput<typeof readLease>;
export type ListLeasesRequest = v.InferOutput<typeof listLeases>;
