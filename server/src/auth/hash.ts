import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * What a store keeps of a secret. One round of SHA-256 is enough, as nobody can guess 256 random bits; it takes
 * four microseconds, where a slow hash would let anybody stop the server with attempts.
 */
export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}

/** Compares hashes in a time that says nothing of them. */
export function isSameHash(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
