import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VirtualClock } from '../../../shared/src/test-support/virtual-clock.ts';
import { type JwtOptions, type JwtVerifier, openJwtVerifier } from '../auth/jwt/jwt.ts';

/** Keys of each kind, made once: those of RSA take long. */
export const keys = {
  rsa: generateKeyPairSync('rsa', { modulusLength: 2_048 }),
  ec: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ed: generateKeyPairSync('ed25519'),
  other: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
};

export const pemOf = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }).toString();

export const jwkOf = (key: KeyObject, more: object = {}) => ({
  ...key.export({ format: 'jwk' }),
  ...more,
});

export const encode = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

const signers: Readonly<Record<string, (text: string, key: KeyObject) => Buffer>> = {
  none: () => Buffer.alloc(0),
  RS256: (text, key) => sign('sha256', Buffer.from(text), key),
  ES256: (text, key) => sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }),
  EdDSA: (text, key) => sign(null, Buffer.from(text), key),
};

/** A signed token, made without the library that checks it. */
export function mint(
  header: Readonly<Record<string, unknown>> & { readonly alg: string },
  claims: unknown,
  key: KeyObject = keys.ec.privateKey,
): string {
  const text = `${encode(header)}.${encode(claims)}`;
  const signed = signers[header.alg]?.(text, key) ?? Buffer.from('none');
  return `${text}.${signed.toString('base64url')}`;
}

/** What whoever has only the public key can sign. */
export function mintHmac(claims: unknown, secret: string): string {
  const text = `${encode({ alg: 'HS256' })}.${encode(claims)}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

export class JwtScene {
  readonly clock = new VirtualClock();
  readonly said: string[] = [];
  readonly #root = mkdtempSync(join(tmpdir(), 'confer-jwt-'));
  readonly issuersFile = join(this.#root, 'issuers.json');
  #ranMs = 0;

  /** What an issuer of these tests is, with what is different about it. */
  issuer(more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
    return {
      name: 'acme',
      issuer: 'https://id.example',
      publicKeys: [pemOf(keys.ec.publicKey)],
      audience: 'confer',
      ceiling: 'reader',
      ...more,
    };
  }

  open(
    issuers: readonly object[] = [this.issuer()],
    more: Partial<JwtOptions> = {},
  ): Promise<JwtVerifier> {
    return this.openText(JSON.stringify({ issuers }), more);
  }

  openText(text: string, more: Partial<JwtOptions> = {}): Promise<JwtVerifier> {
    writeFileSync(this.issuersFile, text);
    return openJwtVerifier({
      issuersFile: this.issuersFile,
      clock: this.clock,
      uptimeMs: () => this.#ranMs,
      log: (level, message) => this.said.push(`${level}: ${message}`),
      ...more,
    });
  }

  claims(more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
    const now = Math.floor(this.clock.now() / 1_000);
    return { iss: 'https://id.example', aud: 'confer', sub: 'alice', exp: now + 600, ...more };
  }

  pass(durationMs: number): void {
    this.#ranMs += durationMs;
    this.clock.advanceAtOnce(durationMs);
  }

  end(): void {
    rmSync(this.#root, { recursive: true });
  }
}
