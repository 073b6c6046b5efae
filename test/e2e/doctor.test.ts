import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  createAuthority,
  createServer,
  issueCertificate,
  newTokenText,
  type Server,
  type ServerOptions,
} from '@confer/server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { confer, type Finished, Program, serve } from '../support/process.ts';

const CLI = fileURLToPath(new URL('../../cli/dist/main.js', import.meta.url));
const DAY_MS = 86_400_000;

let directory = '';
const ends: (() => unknown)[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'confer-doctor-'));
});
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
  rmSync(directory, { recursive: true });
});

async function started(
  options: Pick<ServerOptions, 'tls' | 'auth' | 'bootstrapTokenFile'> = {},
): Promise<Server> {
  const server = await createServer({ engine: 'memory', port: 0, transport: 'ws', ...options });
  ends.push(() => server.close());
  return server;
}

/** The lines about one thing: `ok    dns          ...`. */
function line({ stdout }: Finished, what: string): string {
  return (
    new RegExp(`^  (\\w+) +${what} .*$(\\n {10,}do: .*$)?`, 'm').exec(stdout)?.[0].trim() ?? ''
  );
}

describe('confer doctor', () => {
  it('says of a healthy server what there is to know, as lines and as data: exit 0', async () => {
    const { url } = await started();
    const ran = await confer(['doctor'], { url });
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.stdout).not.toMatch(/FAIL/);
    expect(ran.stdout).toContain(`\n${url}\n`);
    expect(line(ran, 'node')).toMatch(/^ok +node +v\d+\.\d+\.\d+ \(ABI \d+\), \w+ \w+, .*glibc/);
    expect(line(ran, 'files')).toMatch(/\d+ at most, \d+ in use$/);
    expect(line(ran, 'transport')).toMatch(/would serve here/);
    expect(line(ran, 'hello')).toMatch(/protocol 1, session \S+, epoch \S+, revision 0$/);
    expect(line(ran, 'clock')).toMatch(/^ok +clock +the same, to \d+ ms$/);
    expect(line(ran, 'trip')).toMatch(/^ok +trip +(under 1|\d+) ms there and back/);
    expect(line(ran, 'storage')).toMatch(/well$/);
    const { healthy, sections } = JSON.parse(
      (await confer(['doctor', '-o', 'json'], { url })).stdout,
    );
    expect({ healthy, about: sections[1].about }).toEqual({ healthy: true, about: url });
    expect(sections[1].findings).toContainEqual({
      ...{ level: 'ok', what: 'trip', text: expect.any(String) },
      facts: { medianMs: expect.any(Number) },
    });
  });

  it('looks at each of several servers, and says what fails and what to do: exit 1', async () => {
    const { url } = await started();
    const urls = ['http://127.0.0.1:1', 'http://nobody.invalid:7480', 'ftp://ada:pass@x', url];
    const ran = await confer(['doctor', '--url', urls.join(',')]);
    expect(ran).toMatchObject({ code: 1, stderr: '' });
    expect(line(ran, 'tcp')).toMatch(
      /^FAIL +tcp +connect ECONNREFUSED .*\n +do: is a server running/,
    );
    expect(ran.stdout).toMatch(
      /FAIL +dns +nobody\.invalid: .*\n +do: look whether the name is right/,
    );
    expect(ran.stdout).toMatch(/FAIL +url +.*is not the URL of a server/);
    expect(ran.stdout).not.toContain('pass');
    expect(line(ran, 'whoami')).toMatch(/asks nobody who they are/);
  });

  it('ends by itself where a server stands still, and says at what', async () => {
    const { program, url } = await serve(['--memory']);
    ends.push(() => program.kill());
    program.child.kill('SIGSTOP');
    const ran = await confer(['doctor', '--timeout', '300ms'], { url });
    expect(ran.code).toBe(1);
    expect(line(ran, 'tcp')).toMatch(/^ok/);
    expect(line(ran, 'clock')).toMatch(/^ok +clock +unknown/);
    expect(line(ran, 'hello')).toMatch(
      /^FAIL +hello +no WebSocket and no welcome in 300 ms\n +do: /,
    );
  });

  it('ends at Ctrl-C while it waits: exit 130', async () => {
    let isThere = () => {};
    const connected = new Promise<void>((resolve) => {
      isThere = resolve;
    });
    const silent = createTcpServer(() => isThere()).listen(0, '127.0.0.1');
    ends.push(() => silent.close());
    await new Promise((resolve) => silent.once('listening', resolve));
    const { port } = silent.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}`;
    const program = new Program(CLI, ['doctor', '--url', url, '--timeout', '60s']);
    await connected;
    expect(await program.kill('SIGINT')).toEqual({ code: 130, stdout: '', stderr: '' });
  });

  it('says what is there that is no Confer server, and how far its clock is', async () => {
    const other = createHttpServer((_, response) => {
      response.setHeader('Date', new Date(Date.now() + 3_600_000).toUTCString()).end('hello');
    }).listen(0, '127.0.0.1');
    ends.push(() => other.close());
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    const ran = await confer(['doctor'], { url: `http://127.0.0.1:${port}` });
    expect(ran.code).toBe(1);
    expect(line(ran, 'clock')).toMatch(/^warn +clock +the server is 3[56]\d{5} ms ahead\n +do: /);
    expect(line(ran, 'hello')).toMatch(/^FAIL +hello +server answered HTTP 200 .*Confer server/);
  });

  it.each([
    ['closes at once', '', /^FAIL +hello +socket hang up/],
    ['sends garbage', '\u0000\u001b[31m garbage\n', /^FAIL +hello +Parse Error/],
    [
      'tells no time',
      'HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 0\r\n\r\n',
      /^FAIL +hello +server ans/,
    ],
    [
      'only seems to be one',
      'HTTP/1.1 101 A\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
      /^FAIL +hello/,
    ],
  ])('is not put out by what %s', async (_, answer, said) => {
    const other = createTcpServer((socket) => {
      socket
        .on('error', () => {})
        .once('data', () => {
          if (answer === '') socket.destroy();
          else socket.write(answer);
        });
    }).listen(0, '127.0.0.1');
    ends.push(() => other.close());
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}`;
    const ran = await confer(['doctor', '--timeout', '2s'], { url });
    expect(ran).toMatchObject({ code: 1, stderr: '' });
    expect(line(ran, 'clock')).toMatch(/^ok +clock +unknown/);
    expect(line(ran, 'hello')).toMatch(said);
  });

  it('warns of few files, and of certificates that nobody looks at', async () => {
    const env = { NODE_TLS_REJECT_UNAUTHORIZED: '0', CONFER_URL: 'http://127.0.0.1:1' };
    const program = new Program(CLI, ['doctor'], { ulimit: '-n 100', env });
    const ran = await program.finished;
    expect(line(ran, 'files')).toMatch(/^warn +files +100 at most, \d+ in use\n +do: ulimit -n/);
    expect(line(ran, 'environment')).toMatch(/^warn .*\n +do: unset it/);
  });

  it('names proxies without what their URLs hold', async () => {
    const env = { https_proxy: 'http://ada:pass@proxy', CONFER_URL: 'http://127.0.0.1:1' };
    const ran = await confer(['doctor'], { env });
    expect(line(ran, 'environment')).toMatch(/^ok +environment +https_proxy set, which/);
    expect(ran.stdout).not.toContain('pass');
  });
});

describe('confer doctor over TLS', () => {
  const now = Date.now();
  const authority = createAuthority('Test Authority', {
    from: now - DAY_MS,
    to: now + 400 * DAY_MS,
  });

  /** A server whose certificate is good for so long, and for a name. */
  async function withCertificate(days: number, name = '127.0.0.1') {
    const validity = { from: now - DAY_MS, to: now + days * DAY_MS };
    const subject = { commonName: 'confer', names: [name], usage: 'server' } as const;
    const { cert, key } = issueCertificate(authority, { ...subject, ...validity });
    const file = (which: string) => join(directory, which);
    writeFileSync(file('cert.pem'), cert);
    writeFileSync(file('key.pem'), key, { mode: 0o600 });
    writeFileSync(file('ca.pem'), authority.cert);
    const tls = { certFile: file('cert.pem'), keyFile: file('key.pem') };
    const { url } = await started({ tls });
    return { url, ca: file('ca.pem') };
  }

  it('shows the certificate, believed where its authority is named', async () => {
    const { url, ca } = await withCertificate(90);
    const ran = await confer(['doctor', '--ca', ca], { url });
    expect(ran.code).toBe(0);
    const until = new Date(now + 90 * DAY_MS).toISOString().slice(0, 10);
    expect(line(ran, 'tls')).toBe(
      `ok    tls          TLSv1.3, confer for IP Address:127.0.0.1, by Test Authority, until ${until}; believed`,
    );
  });

  it('shows one that is not believed, with the honest reason: exit 1', async () => {
    const { url } = await withCertificate(90);
    const ran = await confer(['doctor'], { url });
    expect(ran.code).toBe(1);
    expect(line(ran, 'tls')).toMatch(
      /^FAIL +tls +TLSv1\.3, confer .*not believed: (UNABLE_TO_|SELF_SIGNED).*\n +do: name the authority/,
    );
    expect(line(ran, 'hello')).toMatch(
      /^FAIL +hello +tls_failed: .*\n +do: confer explain tls_failed/,
    );
    const missing = await confer(['doctor', '--ca', join(directory, 'none')], { url });
    expect(line(missing, 'tls')).toMatch(/^FAIL +tls +--ca \S+none cannot be read/);
    writeFileSync(join(directory, 'odd.pem'), 'odd');
    const odd = await confer(['doctor', '--ca', join(directory, 'odd.pem')], { url });
    expect(odd).toMatchObject({ code: 1, stderr: '' });
    expect(odd.stdout).toMatch(/FAIL +hello +--ca, --cert, --key: .*has none in it/);
  });

  it.each([
    [3, '127.0.0.1', /^warn .*which is in 2d\n +do: the server needs a new one/],
    [
      90,
      'config.example',
      /^FAIL .*for DNS:config\.example.*ALTNAME.*\n +do: reach the server by one/,
    ],
  ])(
    'says of one that is good for %s days and for %s what is to be done',
    async (days, name, said) => {
      const { url, ca } = await withCertificate(days, name);
      expect(line(await confer(['doctor', '--ca', ca], { url }), 'tls')).toMatch(said);
    },
  );

  it('says where what answers does not speak TLS', async () => {
    const { url } = await started();
    const ran = await confer(['doctor'], { url: url.replace('http', 'https') });
    expect(line(ran, 'tls')).toMatch(/^FAIL +tls +what answers .*\n +do: reach it by http/);
  });
});

describe('confer doctor with a token', () => {
  it('says where it is from and who it is, and never the secret', async () => {
    const file = join(directory, 'admin.token');
    const token = newTokenText();
    writeFileSync(file, token, { mode: 0o600 });
    const { url } = await started({ auth: 'on', bootstrapTokenFile: file });
    const ran = await confer(['doctor', '--token-file', file], { url });
    expect(ran.code).toBe(0);
    expect(line(ran, 'token')).toBe(`ok    token        id ${token.split('_')[1]} from ${file}`);
    expect(line(ran, 'whoami')).toMatch(/^ok +whoami +operator \(token\) with admin$/);
    const env = { CONFER_TOKEN: newTokenText() };
    const stranger = await confer(['doctor'], { url, env });
    expect(stranger.code).toBe(1);
    expect(line(stranger, 'token')).toMatch(/from CONFER_TOKEN$/);
    expect(line(stranger, 'hello')).toMatch(/^FAIL .*\n +do: confer explain unauthenticated/);
    for (const [text, secret] of [
      [ran, token],
      [stranger, env.CONFER_TOKEN],
    ] as const)
      expect(text.stdout).not.toContain(secret.split('_')[2]);
  });

  it('says that the file cannot be used, and what to do', async () => {
    const { url } = await started();
    const file = join(directory, 'seen.token');
    writeFileSync(file, 'x', { mode: 0o644 });
    const ran = await confer(['doctor', '--token-file', file], { url });
    expect(ran.code).toBe(1);
    expect(line(ran, 'token')).toMatch(/^FAIL .*can be read by others.*\n +do: chmod 600 /);
    expect(readFileSync(file, 'utf8')).toBe('x');
  });

  it('names the context in use', async () => {
    const { url } = await started();
    const env = { HOME: directory };
    await confer(['context', 'add', 'prod', '--url', url, '--production'], { env });
    await confer(['context', 'use', 'prod'], { env });
    const ran = await confer(['doctor'], { env });
    expect(ran.code).toBe(0);
    expect(line(ran, 'context')).toMatch(/^ok +context +prod \(production\) of \S+contexts\.json$/);
  });
});
