import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createServer } from '../../server.ts';
import { EtcdProcess, etcdProblem } from '../../test-support/etcd-process.ts';

function opensslProblem(): string | undefined {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'there is no openssl here to make certificates with';
  }
}

const problem = etcdProblem() ?? opensslProblem();
if (problem !== undefined) console.info(`skipped, an etcd behind TLS: ${problem}`);

/** An authority, and certificates of it for a server and a client. */
function certificates(directory: string) {
  const file = (name: string) => join(directory, name);
  const openssl = (...args: string[]) =>
    execFileSync('openssl', args, { stdio: 'ignore', cwd: directory });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.crt', '-subj', '/CN=authority');
  writeFileSync(
    file('names'),
    'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n',
  );
  for (const name of ['server', 'client']) {
    openssl('req', ...key, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
    const signed = ['-in', `${name}.csr`, '-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial'];
    openssl('x509', '-req', ...signed, '-out', `${name}.crt`, '-extfile', 'names', '-days', '2');
  }
  return file;
}

describe.skipIf(problem !== undefined)(
  'an etcd behind TLS (where one is installed, and openssl)',
  { timeout: 60_000 },
  () => {
    let directory: string;
    let file: (name: string) => string;
    let etcd: EtcdProcess;

    beforeAll(async () => {
      directory = mkdtempSync(join(tmpdir(), 'confer-tls-'));
      file = certificates(directory);
      const own = ['--cert-file', file('server.crt'), '--key-file', file('server.key')];
      const asked = ['--client-cert-auth', '--trusted-ca-file', file('ca.crt')];
      etcd = await EtcdProcess.alone([...own, ...asked], 'https');
    });
    afterAll(async () => {
      await etcd.remove();
      rmSync(directory, { recursive: true, force: true });
    });

    const start = (files: { caFile?: string; certFile?: string; keyFile?: string }) =>
      createServer({ engine: 'etcd', endpoints: [etcd.url], port: 0, ...files });

    it('is served from with the certificate of a client, and the authority that signed its own', async () => {
      const server = await start({
        caFile: file('ca.crt'),
        certFile: file('client.crt'),
        keyFile: file('client.key'),
      });
      expect(server.status()).toMatchObject({ engine: 'etcd', storage: 'well' });
      await server.close();
    });

    it('is not spoken to where its certificate is signed by nobody that is known', async () => {
      const files = { certFile: file('client.crt'), keyFile: file('client.key') };
      await expect(start(files)).rejects.toThrow(/certificate/);
    });

    it('needs what can be read, and a key with each certificate', async () => {
      const wrong = start({ caFile: file('nothing') });
      await expect(wrong).rejects.toMatchObject({
        kind: 'invalid',
        message: expect.stringContaining('nothing'),
      });
      await expect(start({ certFile: file('client.crt') })).rejects.toMatchObject({
        kind: 'invalid',
      });
      expect(readFileSync(file('client.key'), 'utf8')).toContain('KEY');
    });
  },
);
