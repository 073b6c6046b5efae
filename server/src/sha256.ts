import { hash } from 'node:crypto';

/** The SHA-256 of bytes, or of text as UTF-8, in hex. It is here so that nothing else of that module comes along. */
export function sha256(data: string | Uint8Array): string {
  return hash('sha256', data, 'hex');
}
