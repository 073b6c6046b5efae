import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { newAuthority, testFile, testPair } from '../test-support/certificates.ts';
import { readCertificate } from './certificate.ts';

const DAY_MS = 24 * 60 * 60_000;
const now = Date.now();

describe('a certificate in files', () => {
  it('is read with its chain, and says when it ends', async () => {
    const authority = newAuthority('between');
    const { cert, files } = testPair({ to: now + 30 * DAY_MS }, authority);
    writeFileSync(files.certFile, `# the server\n${cert}\n# and between\n${authority.cert}`);
    const read = await readCertificate({ ...files, clientCaFile: testFile(authority.cert) }, now);
    expect(Math.abs(read.expiresAt - (now + 30 * DAY_MS))).toBeLessThan(1_000);
    expect(read.files.cert).toContain(authority.cert);
    expect(read.files.clientCa).toBe(authority.cert);
  });

  type Pair = ReturnType<typeof testPair>['files'];
  it.each<[string, (files: Pair) => Pair & { clientCaFile?: string }, RegExp]>([
    [
      'is missing',
      (files) => ({ ...files, certFile: '/nowhere/cert.pem' }),
      /^cannot read the certificate \/nowhere\/cert\.pem: ENOENT/,
    ],
    [
      'has no key',
      (files) => ({ ...files, keyFile: '/nowhere/key.pem' }),
      /^cannot read the key \/nowhere\/key\.pem: ENOENT/,
    ],
    [
      'is a directory',
      (files) => ({ ...files, certFile: '/' }),
      /^cannot read the certificate \/: EISDIR/,
    ],
    [
      'is none',
      (files) => ({ ...files, certFile: testFile('nothing') }),
      /has no certificate in it; a PEM file begins with/,
    ],
    ['is empty', (files) => ({ ...files, certFile: testFile('') }), /has no certificate in it/],
    [
      'is broken',
      (files) => ({
        ...files,
        certFile: testFile('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'),
      }),
      /has a certificate that is none/,
    ],
    [
      'has a broken one in its chain',
      (files) => ({
        ...files,
        certFile: testFile(
          `${files.cert}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----`,
        ),
      }),
      /has a certificate that is none/,
    ],
    [
      'is endless',
      (files) => ({ ...files, certFile: testFile('x'.repeat(5 * 1024 * 1024)) }),
      /too large/,
    ],
    [
      'has a key that is none',
      (files) => ({ ...files, keyFile: files.certFile }),
      /has no private key in it/,
    ],
    [
      'has a key with a passphrase',
      (files) => ({
        ...files,
        keyFile: testFile(
          '-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----',
        ),
      }),
      /has a passphrase/,
    ],
    [
      'has the key of another',
      (files) => ({ ...files, keyFile: testPair().files.keyFile }),
      /^the key .* is not that of the certificate/,
    ],
    [
      'has expired',
      () => testPair({ from: now - 2 * DAY_MS, to: now - DAY_MS }).files,
      /^the certificate .* expired at \d{4}-.*; put a new one there$/,
    ],
    [
      'is of a later day',
      () => testPair({ from: now + DAY_MS, to: now + 2 * DAY_MS }).files,
      /is valid from .* only; look whether the clock/,
    ],
    [
      'lets nobody in',
      (files) => ({ ...files, clientCaFile: testFile('') }),
      /has no certificate in it/,
    ],
  ])('will not do when it %s', async (_, change, problem) => {
    const attempt = readCertificate(change(testPair().files), now);
    await expect(attempt).rejects.toMatchObject({
      name: 'CertificateError',
      message: expect.stringMatching(problem),
    });
  });

  it.each([0o604, 0o666, 0o601])(
    'will not do with a key of mode %o, which strangers can reach',
    async (mode) => {
      const { files } = testPair();
      chmodSync(files.keyFile, mode);
      await expect(readCertificate(files, now)).rejects.toThrow(`chmod o= ${files.keyFile}`);
    },
  );

  it.each([0o600, 0o640, 0o400])('will do with a key of mode %o', async (mode) => {
    const { files } = testPair();
    chmodSync(files.keyFile, mode);
    await expect(readCertificate(files, now)).resolves.toBeDefined();
    rmSync(files.keyFile);
  });
});
