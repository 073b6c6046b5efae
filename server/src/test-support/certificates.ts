import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { type Authority, createAuthority, issueCertificate, type Subject } from '../tls/issue.ts';
import type { TlsFiles } from '../transport/tls-files.ts';

const HOUR_MS = 60 * 60_000;

let directory: string | undefined;
let files = 0;

/** A new file that is gone when the tests of this file are. */
export function testFile(content: string, mode = 0o600): string {
  directory ??= mkdtempSync(join(tmpdir(), 'confer-tls-'));
  files += 1;
  const file = join(directory, `${files}.pem`);
  writeFileSync(file, content, { mode });
  return file;
}

afterAll(() => {
  if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
  directory = undefined;
});

/** From an hour ago until in an hour. */
function aroundNow() {
  const now = Date.now();
  return { from: now - HOUR_MS, to: now + HOUR_MS };
}

export function newAuthority(name: string): Authority {
  return createAuthority(name, aroundNow());
}

let shared: Authority | undefined;

/** The authority that those who connect in tests trust. */
export function testAuthority(): Authority {
  shared ??= newAuthority('tests');
  return shared;
}

export interface TestPair {
  readonly cert: string;
  readonly key: string;
  readonly files: TlsFiles;
}

/** A certificate for loopback, with its key, and both in files. */
export function testPair(
  subject: Partial<Subject> = {},
  authority: Authority = testAuthority(),
): TestPair {
  const { cert, key } = issueCertificate(authority, {
    commonName: 'server',
    names: ['localhost', '127.0.0.1', '::1'],
    usage: 'server',
    ...aroundNow(),
    ...subject,
  });
  return { cert, key, files: { certFile: testFile(cert), keyFile: testFile(key), cert, key } };
}
