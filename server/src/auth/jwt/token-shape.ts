import { TokenRefused } from './refusal.ts';

/** A token before anybody has looked at its signature: nothing in it is true yet. */
export interface UncheckedToken {
  readonly text: string;
  readonly algorithm: string;
  readonly keyId?: string;
  readonly claims: Claims;
}

export type Claims = ReadonlyMap<string, unknown>;

const TOKEN_BYTES_MAX = 8 * 1024;
const KEY_ID_LENGTH_MAX = 256;
/** What would have the key come from the token, or change what the signature is of. */
const FORBIDDEN_HEADERS = ['jku', 'x5u', 'jwk', 'x5c', 'crit', 'b64', 'zip', 'enc'];
/** Of tokens that say something else, such as that somebody has logged out, nobody is let in. */
const TYPES: ReadonlySet<unknown> = new Set([undefined, 'jwt', 'at+jwt', 'application/at+jwt']);
const BASE64URL = /^[A-Za-z0-9_-]+$/;

/** Before anything is done with a token: nothing is with one that is too long. */
export function requireSize(text: string): void {
  if (text.length > TOKEN_BYTES_MAX) throw new TokenRefused(`over ${TOKEN_BYTES_MAX} bytes`);
}

/** Takes a token apart. Throws a `TokenRefused` for what is none, or not written in the one way there is. */
export function readToken(text: string): UncheckedToken {
  const [header, payload, signature, ...more] = text.split('.');
  if (header === undefined || payload === undefined || signature === undefined || more.length > 0)
    throw new TokenRefused('not three parts');
  bytesOf(signature, 'the signature');
  const headers = objectOf(header, 'the header');
  for (const name of FORBIDDEN_HEADERS)
    if (headers.has(name)) throw new TokenRefused(`the header has ${name}`);
  const type = headers.get('typ');
  if (!TYPES.has(typeof type === 'string' ? type.toLowerCase() : type))
    throw new TokenRefused('the header names another type of token');
  const algorithm = headers.get('alg');
  if (typeof algorithm !== 'string') throw new TokenRefused('the header has no alg');
  const keyId = headers.get('kid');
  const isKeyId = typeof keyId === 'string' && keyId.length <= KEY_ID_LENGTH_MAX;
  if (keyId !== undefined && !isKeyId) throw new TokenRefused('the kid is no text, or too long');
  const claims = objectOf(payload, 'the payload');
  return { text, algorithm, claims, ...(isKeyId ? { keyId } : {}) };
}

function objectOf(part: string, what: string): Claims {
  const bytes = bytesOf(part, what);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    throw new TokenRefused(`${what} is no JSON`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TokenRefused(`${what} is no object`);
  return new Map(Object.entries(value));
}

/** Base64url in the one way in which each content can be written. */
function bytesOf(part: string, what: string): Buffer {
  const bytes = Buffer.from(part, 'base64url');
  if (!BASE64URL.test(part) || bytes.toString('base64url') !== part)
    throw new TokenRefused(`${what} is not base64url as it is written`);
  return bytes;
}
