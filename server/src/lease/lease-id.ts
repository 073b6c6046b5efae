import { sha256 } from '../sha256.ts';

/**
 * The id of the lease that a request makes: a retry makes the same, and nobody finds one that another request has. 63
 * bits, as etcd names its leases by a signed number.
 */
export function leaseIdOf(requestId: string): string {
  const digits = sha256(`lease\n${requestId}`).slice(0, 16);
  const first = Number.parseInt(digits.slice(0, 1), 16) & 7;
  return `${first.toString(16)}${digits.slice(1)}`;
}
