import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { connect } from '@confer/client';
import { createAuthority, issueCertificate } from '@confer/server';
import { afterEach, describe, expect, it } from 'vitest';
import { confer, freePort, type Program, serve, withDirectory } from '../support/process.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { TRANSPORTS } from '../support/transports.ts';

const DAY_MS = 24 * 60 * 60_000;
const running: Program[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((program) => program.kill()));
});

async function started(args: readonly string[]) {
  const server = await serve(['--memory', ...args]);
  running.push(server.program);
  return server;
}

/** Files of `confer tls self-signed`, in a directory of their own. */
async function selfSigned(directory: string, ...args: readonly string[]) {
  const made = await confer(['tls', 'self-signed', '--out', directory, ...args]);
  expect(made).toMatchObject({ code: 0, stderr: '' });
  const file = (name: string) => join(directory, name);
  return {
    stdout: made.stdout,
    ca: file('ca.pem'),
    cert: file('server.pem'),
    key: file('server-key.pem'),
    args: ['--tls-cert', file('server.pem'), '--tls-key', file('server-key.pem')],
  };
}

describe('`confer tls self-signed`', () => {
  it('makes three files of which the key is for nobody else, and says how to go on', async () => {
    await withDirectory(async (directory) => {
      const out = join(directory, 'new', 'tls');
      const made = await selfSigned(
        out,
        '--host',
        'config.example',
        '--host',
        '10.0.0.5',
        '--days',
        '2',
      );
      expect(readdirSync(out).sort()).toEqual(['ca.pem', 'server-key.pem', 'server.pem']);
      expect(statSync(made.key).mode & 0o777).toBe(0o600);
      expect(made.stdout).toContain('for localhost, 127.0.0.1, ::1, config.example, 10.0.0.5\n');
      expect(made.stdout).toMatch(/serve --tls-cert \S+server\.pem --tls-key \S+server-key\.pem\n/);
      expect(made.stdout).toMatch(/--url https:\/\/localhost:7480 --ca \S+ca\.pem status\n/);
    });
  });

  it('leaves alone what is there, and refuses what makes no sense', async () => {
    await withDirectory(async (directory) => {
      const { key } = await selfSigned(directory);
      const before = readFileSync(key, 'utf8');
      const again = await confer(['tls', 'self-signed', '--out', directory]);
      expect(again).toMatchObject({ code: 4, stdout: '' });
      expect(again.stderr).toMatch(/^error\[conflict\]: .*ca\.pem is there already\nhint: /);
      expect(readFileSync(key, 'utf8')).toBe(before);
      const out = join(directory, 'other');
      for (const wrong of [
        ['--days', '0'],
        ['--days', '9999'],
        ['--days', 'x'],
        ['--host', 'a b'],
      ]) {
        const refused = await confer(['tls', 'self-signed', '--out', out, ...wrong]);
        expect(refused.code, wrong.join(' ')).toBe(2);
      }
      expect(existsSync(out)).toBe(false);
    });
  });
});

describe.each(TRANSPORTS)('a server with TLS, over %s,', (transport) => {
  it('serves commands and clients that trust it, and nobody without TLS', async () => {
    await withDirectory(async (directory) => {
      const made = await selfSigned(directory);
      const { url, program, port } = await started([...made.args, '--transport', transport]);
      expect(url).toBe(`https://127.0.0.1:${port}`);
      await program.saw(
        ({ stderr }) => stderr.includes(`--url ${url} --ca CA.PEM set`) || undefined,
      );
      const env = { CONFER_CA: made.ca };
      expect((await confer(['set', '/a', '1'], { url, env })).code).toBe(0);
      const read = await confer(['--ca', made.ca, '--url', url, 'get', '/a', '-o', 'raw']);
      expect(read.stdout).toBe('1');
      const client = connect(url, { tls: { ca: readFileSync(made.ca, 'utf8') } });
      expect((await client.get('/a'))?.value).toBe('1');
      await client.close();
      const plain = await confer([
        '--timeout',
        '1s',
        '--url',
        `http://127.0.0.1:${port}`,
        'get',
        '/a',
      ]);
      expect(plain.code).toBe(6);
      expect(plain.stderr).toMatch(/a server with TLS is reached by https|ECONNRESET/);
    });
  });

  it('shows its new certificate after SIGHUP, with every connection that it has', async () => {
    await withDirectory(async (directory) => {
      const made = await selfSigned(join(directory, 'first'));
      const next = await selfSigned(join(directory, 'next'));
      const { url, program, port } = await started([...made.args, '--transport', transport]);
      const client = connect(url, { tls: { ca: readFileSync(made.ca, 'utf8') } });
      const kinds: string[] = [];
      const mirror = client.mirror('/');
      await mirror.ready();
      client.on('status', ({ kind }) => kinds.push(kind));

      writeFileSync(made.cert, readFileSync(next.cert));
      program.child.kill('SIGHUP');
      await program.saw(
        ({ stderr }) => /error the certificate stays .* is not that of/.test(stderr) || undefined,
      );
      expect(await isTrusted(port, made.ca)).toBe(true);

      writeFileSync(made.key, readFileSync(next.key));
      program.child.kill('SIGHUP');
      await program.saw(({ stderr }) => stderr.includes('get the new certificate') || undefined);
      expect(await isTrusted(port, next.ca)).toBe(true);
      expect(await isTrusted(port, made.ca)).toBe(false);
      await client.set('/still', 'here');
      expect(mirror.value('/still')).toBe('here');
      expect(kinds).toEqual([]);
      await client.close();
    });
  });
});

/** Whether somebody who trusts this authority gets a handshake. */
function isTrusted(port: number, caFile: string): Promise<boolean> {
  const socket = connectTls({ host: '127.0.0.1', port, ca: readFileSync(caFile, 'utf8') });
  return new Promise((resolve) => {
    socket.once('secureConnect', () => resolve(true)).once('error', () => resolve(false));
  }).then((trusted) => {
    socket.destroy();
    return trusted === true;
  });
}

describe('a server whose certificate clients do not trust', () => {
  const scratch = scratchDirectory();

  const now = Date.now();
  const authority = createAuthority('an authority', { from: now - DAY_MS, to: now + DAY_MS });
  const ca = authority.cert;

  async function startWith(
    names: readonly string[],
    validity = { from: now - DAY_MS, to: now + DAY_MS },
  ) {
    const pair = issueCertificate(authority, {
      commonName: 'x',
      names,
      usage: 'server',
      ...validity,
    });
    const [cert, key] = [join(scratch.path, 'cert.pem'), join(scratch.path, 'key.pem')];
    writeFileSync(cert, pair.cert);
    writeFileSync(key, pair.key, { mode: 0o600 });
    return started(['--tls-cert', cert, '--tls-key', key]);
  }

  /** How the client stands after its first attempt. */
  async function statusOf(
    url: string | readonly string[],
    tls: { ca?: string; serverName?: string },
  ) {
    const client = connect(url, { tls, retry: { maxMs: 3_600_000 } });
    try {
      const { status } = client;
      if (status.kind !== 'connecting') return { status, client: client.diagnostics() };
      await new Promise((resolve) => client.on('status', resolve));
      return { status: client.status, client: client.diagnostics() };
    } finally {
      await client.close();
    }
  }

  it.each<[string, readonly string[], object, RegExp]>([
    [
      'its authority',
      ['127.0.0.1'],
      {},
      /is of an authority that is not known here; name that in tls\.ca \(--ca\)$/,
    ],
    [
      'its name',
      ['config.example'],
      { ca },
      /is for other names than 127\.0\.0\.1; use one of them, or tls\.serverName: DNS:config\.example$/,
    ],
  ])(
    'is not tried again soon, for %s, and that shows in the status of the client',
    async (_, names, tls, reason) => {
      const { url } = await startWith(names);
      const { status, client } = await statusOf(url, tls);
      expect(status).toMatchObject({
        kind: 'waiting',
        refused: 'tls_failed',
        reason: expect.stringMatching(reason),
      });
      expect(client.connection.backoffMs).toBe(3_600_000);
    },
  );

  it('is used under the name that it has', async () => {
    const { url } = await startWith(['config.example']);
    const { status } = await statusOf(url, { ca, serverName: 'config.example' });
    expect(status.kind).toBe('open');
  });

  it('is left for another one without delay', async () => {
    const { url } = await startWith(['config.example']);
    const made = await selfSigned(join(scratch.path, 'good'));
    const good = await started(made.args);
    const client = connect([url, good.url], {
      tls: { ca: `${ca}${readFileSync(made.ca, 'utf8')}` },
    });
    await client.set('/a', '1');
    expect(client.status).toMatchObject({ kind: 'open', url: good.url });
    await client.close();
    const told = await confer([
      '--url',
      `${url},${good.url}`,
      '--ca',
      made.ca,
      'get',
      '/a',
      '-o',
      'raw',
    ]);
    expect(told.stdout).toBe('1');
  });

  it('is an error of the command at once, with what helps', async () => {
    const { url, port } = await startWith(['127.0.0.1']);
    const told = await confer(['--url', url, 'get', '/a']);
    expect(told).toMatchObject({ code: 5, stdout: '' });
    expect(told.stderr).toMatch(
      /^error\[tls_failed\]: .*not known here; name that in tls\.ca \(--ca\)/m,
    );
    const missing = await confer(['--url', url, '--ca', '/nowhere', 'get', '/a']);
    expect(missing).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--ca /nowhere cannot be read'),
    });
    const empty = join(scratch.path, 'empty.pem');
    writeFileSync(empty, '');
    const none = await confer(['--url', url, '--ca', empty, 'get', '/a']);
    expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('has none in it') });
    const plainServer = await started([]);
    const plain = await confer(['--url', `https://127.0.0.1:${plainServer.port}`, 'get', '/a']);
    expect(plain.stderr).toMatch(/does not speak TLS; reach it by http or ws/);
    expect(port).not.toBe(plainServer.port);
  });
});

describe('a server that asks clients for a certificate', () => {
  it('serves those that have one, and says to others what is missing', async () => {
    await withDirectory(async (directory) => {
      const made = await selfSigned(directory);
      const validity = { from: Date.now() - DAY_MS, to: Date.now() + DAY_MS };
      const clients = createAuthority('clients', validity);
      const pair = issueCertificate(clients, {
        commonName: 'x',
        names: ['orders.shop'],
        usage: 'client',
        ...validity,
      });
      const [ca, cert, key] = ['clients.pem', 'cert.pem', 'key.pem'].map((name) =>
        join(directory, name),
      );
      if (ca === undefined || cert === undefined || key === undefined) throw new Error('no names');
      writeFileSync(ca, clients.cert);
      writeFileSync(cert, pair.cert);
      writeFileSync(key, pair.key, { mode: 0o600 });
      const { url } = await started([...made.args, '--client-ca', ca, '--transport', 'ws']);
      const known = ['--url', url, '--ca', made.ca, '--cert', cert, '--key', key];
      expect((await confer([...known, 'set', '/a', '1'])).code).toBe(0);
      const unknown = await confer(['--url', url, '--ca', made.ca, 'get', '/a']);
      expect(unknown.code).toBe(5);
      expect(unknown.stderr).toMatch(
        /does not take the certificate of this client, or misses one: tls\.cert/,
      );
      const half = await confer(['--url', url, '--ca', made.ca, '--cert', cert, 'get', '/a']);
      expect(half).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('cert and key go together'),
      });
    });
  });
});

describe('a server that is not to be started like that', () => {
  it.each<[string, readonly string[], number, RegExp]>([
    [
      'open to strangers',
      ['--listen', '0.0.0.0:0'],
      5,
      /nobody is authenticated.*--tls-cert and --tls-key, or --trusted-proxy.*--insecure/,
    ],
    ['a certificate without a key', ['--tls-cert', 'x'], 2, /--tls-cert and --tls-key go together/],
    ['clients with certificates, without TLS', ['--client-ca', 'x'], 2, /--client-ca needs TLS/],
    [
      'no such certificate',
      ['--tls-cert', '/nowhere/a', '--tls-key', '/nowhere/b'],
      7,
      /cannot read the certificate \/nowhere\/a/,
    ],
    [
      'a proxy that is no network',
      ['--trusted-proxy', 'proxy'],
      7,
      /--trusted-proxy proxy is no network/,
    ],
    ['an origin that is none', ['--allow-origin', '*'], 7, /--allow-origin \* is no origin/],
    ['a host that is none', ['--public-host', 'a/b'], 7, /--public-host a\/b is no host/],
  ])('says so: %s', async (_, args, code, says) => {
    const refused = await confer(['serve', '--memory', '--listen', '127.0.0.1:0', ...args]);
    expect(refused).toMatchObject({ code, stdout: '' });
    expect(refused.stderr).toMatch(says);
    expect(refused.stderr).not.toMatch(/^\s+at /m);
  });

  it('says that a key is open to everybody, and that uWebSockets.js knows no clients', async () => {
    await withDirectory(async (directory) => {
      const made = await selfSigned(directory);
      const uws = ['serve', '--memory', '--listen', '127.0.0.1:0', ...made.args];
      const clients = await confer([...uws, '--client-ca', made.ca, '--transport', 'uws']);
      expect(clients).toMatchObject({ code: 7, stderr: expect.stringContaining('--transport ws') });
      chmodSync(made.key, 0o644);
      const open = await confer(uws);
      expect(open).toMatchObject({
        code: 7,
        stderr: expect.stringContaining(`chmod o= ${made.key}`),
      });
    });
  });

  it('says each time what `--insecure` means, and lets no page in for it', async () => {
    const port = await freePort();
    const { program } = await started(['--listen', `0.0.0.0:${port}`, '--insecure']);
    await program.saw(
      ({ stderr }) => /warn --insecure: 0\.0\.0\.0 can be reached/.test(stderr) || undefined,
    );
    const at = `http://127.0.0.1:${port}/`;
    expect((await fetch(at)).status).toBe(200);
    expect((await fetch(at, { headers: { origin: 'https://evil.example' } })).status).toBe(403);
    expect((await fetch(at, { headers: { origin: `http://127.0.0.1:${port}` } })).status).toBe(200);
  });
});
