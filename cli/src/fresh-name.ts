import { randomBytes } from 'node:crypto';

/** Twelve letters and digits that nobody else has. */
export function freshName(): string {
  return randomBytes(6).toString('hex');
}
