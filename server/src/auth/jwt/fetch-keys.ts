import type { Clock } from '@confer/shared';
import type { Jwk, PublicKey } from './issuers.ts';

export type Fetch = typeof globalThis.fetch;

const TIME_LIMIT_MS = 5_000;
const BYTES_MAX = 1024 * 1024;
const KEYS_MAX = 100;

/**
 * Fetches the keys of an issuer. Whoever answers is believed to be who the configuration names, and no other: a
 * redirect is an error. It is over after five seconds and one MiB, whatever comes. Rejects with why not.
 */
export async function fetchKeys(uri: string, fetch: Fetch, clock: Clock): Promise<PublicKey[]> {
  const ended = new AbortController();
  const timer = clock.setTimer(TIME_LIMIT_MS, () =>
    ended.abort(new Error(`no answer within ${TIME_LIMIT_MS / 1_000} s`)),
  );
  try {
    const response = await fetch(uri, {
      redirect: 'error',
      credentials: 'omit',
      // A connection that was kept may be closed by now, and that would be noticed only by a fetch that fails.
      headers: { accept: 'application/jwk-set+json, application/json', connection: 'close' },
      signal: ended.signal,
    });
    if (response.status !== 200) throw new Error(`HTTP ${response.status}`);
    return keysOf(await textOf(response));
  } finally {
    timer.cancel();
    // What is left of an answer is not waited for.
    ended.abort(new Error('enough was read'));
  }
}

async function textOf({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const reader = body?.getReader();
  for (;;) {
    const part = await reader?.read();
    if (part === undefined || part.done) return Buffer.concat(chunks).toString();
    const chunk: unknown = part.value;
    if (!(chunk instanceof Uint8Array)) throw new Error('the answer has no bytes');
    bytes += chunk.length;
    if (bytes > BYTES_MAX) throw new Error(`the answer is over ${BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
}

function keysOf(text: string): PublicKey[] {
  const value: unknown = JSON.parse(text);
  const set = new Map<string, unknown>(
    typeof value === 'object' && value !== null ? Object.entries(value) : [],
  );
  const keys = set.get('keys');
  if (!Array.isArray(keys)) throw new Error('the answer is no set of keys');
  return keys
    .slice(0, KEYS_MAX)
    .flatMap((key: unknown) => (isJwk(key) ? { kind: 'jwk', jwk: key } : []));
}

function isJwk(value: unknown): value is Jwk {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
