import { describe, expect, it } from 'vitest';
import type { Gate } from './gate.ts';
import { networksOf } from './networks.ts';
import {
  closedGate,
  connect,
  connectRaw,
  type Host,
  host,
  refused,
  until,
  upgradeHead,
} from './scene.contract.ts';
import type { ListenOptions, Transport } from './transport.ts';

const LISTED = 'https://console.example';

function gateWith(gate: Partial<Gate>): Partial<ListenOptions> {
  return { gate: { ...closedGate, origins: new Set([LISTED]), ...gate } };
}

/** What a server trusts that has its proxy on this machine. */
const proxied = gateWith({
  trustedProxies: loopbackNetworks(),
  publicHosts: new Set(['config.example']),
});

function loopbackNetworks(): Gate['trustedProxies'] {
  const parsed = networksOf(['127.0.0.0/8', '10.0.0.0/8']);
  if ('wrong' in parsed) throw new Error(parsed.wrong);
  return parsed.networks;
}

/** Sends these very lines; what comes back, once the server is done with the connection. */
async function exchange(at: Host, lines: readonly string[]): Promise<string> {
  const raw = await connectRaw(at.listener);
  raw.tcp.write(`${lines.join('\r\n')}\r\n\r\n`);
  await until(() => raw.phase !== 'open' || raw.received.includes(' 101 '));
  return raw.received;
}

const upgradeLines = upgradeHead.trimEnd().split('\r\n');

/** The request to become a WebSocket, with more lines. */
function upgradeWith(...lines: readonly string[]): readonly string[] {
  const names = lines.map((line) => line.split(':')[0]);
  return [...upgradeLines.filter((line) => !names.includes(line.split(':')[0])), ...lines];
}

export function gateContract(transport: Transport): void {
  pagesContract(transport);
  hostsContract(transport);
  ambiguityContract(transport);
  proxiesContract(transport);
}

function pagesContract(transport: Transport): void {
  describe('pages of web origins (attacks 22, 24)', () => {
    it.each([
      ['another site', 'https://evil.example'],
      ['a sandbox or a file', 'null'],
      ['a name that begins like loopback', 'http://127.0.0.1.evil'],
      ['a listed name at another port', 'https://console.example:8443'],
      ['a listed name without TLS', 'http://console.example'],
      ['a listed name in upper case', 'HTTPS://CONSOLE.EXAMPLE'],
      ['a listed name with a path', 'https://console.example/'],
      ['two origins', 'https://console.example https://console.example'],
      ['what is no origin', 'evil'],
    ])('are refused that are of %s', async (_, origin) => {
      const whys: string[] = [];
      const at = await host(transport, {}, { ...gateWith({}), onRefused: (why) => whys.push(why) });
      const answer = await refused(at.url, { headers: { origin } });
      expect(answer.status).toBe(403);
      expect(answer.text).toMatch(/^Pages of .* may not connect to this server\..*--allow-origin/);
      expect(answer.text).not.toContain('evil sandbox');
      expect(whys).toEqual(['origin']);
      expect(at.peers).toEqual([]);
      await connect(at.url);
    });

    it('are refused that are of another server of this machine, unless nobody has to say who he is', async () => {
      const pages = ['http://localhost:3000', 'http://127.0.0.1:5173', 'https://[::1]:8443'];
      const strict = await host(transport, {}, gateWith({}));
      const open = await host(transport, {}, gateWith({ takesLoopbackPages: true }));
      for (const origin of pages) {
        expect((await refused(strict.url, { origin })).status).toBe(403);
        await connect(open.url, { origin, headers: { 'sec-fetch-site': 'cross-site' } });
      }
      expect((await refused(open.url, { origin: 'http://LOCALHOST:3000' })).status).toBe(403);
      expect((await refused(open.url, { origin: 'https://evil.example' })).status).toBe(403);
    });

    it('are taken that are listed, or of the server itself as they see it', async () => {
      const at = await host(transport, {}, gateWith({}));
      const { port } = at.listener;
      await connect(at.url, { origin: LISTED, headers: { 'sec-fetch-site': 'cross-site' } });
      await connect(at.url, { origin: `http://127.0.0.1:${port}` });
      const own = upgradeWith(`Host: localhost:${port}`, `Origin: http://localhost:${port}`);
      expect(await exchange(at, own)).toContain(' 101 ');
      const other = upgradeWith(`Host: localhost:${port}`, `Origin: http://127.0.0.1:${port}`);
      expect(await exchange(at, other)).toContain(' 403 ');
      const another = upgradeWith(`Host: localhost:${port}`, `Origin: https://localhost:${port}`);
      expect(await exchange(at, another)).toContain(' 403 ');
    });

    it('are refused that come across sites without an origin', async () => {
      const at = await host(transport, {}, gateWith({}));
      for (const site of ['cross-site'])
        expect((await refused(at.url, { headers: { 'sec-fetch-site': site } })).status).toBe(403);
      for (const site of ['same-origin', 'none'])
        await connect(at.url, { headers: { 'sec-fetch-site': site } });
    });

    it.each([
      ['POST', 'text/plain', 403],
      ['OPTIONS', '', 403],
      ['GET', '', 403],
    ])('get no answer to a %s of %s, and no leave to read it', async (method, type, status) => {
      const at = await host(transport, {}, gateWith({}));
      const lines = [
        `${method} /v1 HTTP/1.1`,
        `Host: 127.0.0.1:${at.listener.port}`,
        'Origin: https://evil.example',
        'Access-Control-Request-Method: PUT',
        ...(type === '' ? [] : [`Content-Type: ${type}`, 'Content-Length: 2']),
      ];
      const raw = await connectRaw(at.listener);
      raw.tcp.write(`${lines.join('\r\n')}\r\n\r\n${type === '' ? '' : '{}'}`);
      await until(() => raw.phase !== 'open');
      expect(raw.received).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
      expect(raw.received.toLowerCase()).not.toContain('access-control');
      expect(raw.received.toLowerCase()).toContain('x-content-type-options: nosniff');
    });
  });
}

function hostsContract(transport: Transport): void {
  describe('a request for another server (attack 23)', () => {
    it.each([
      ['evil:7480'],
      ['evil'],
      ['127.0.0.1.evil:7480'],
      ['192.0.2.1:7480'],
      ['localhost.evil'],
      ['0x7f000001'],
      ['127.1'],
      ['user@localhost'],
      ['localhost, evil'],
      ['[::2]:7480'],
      ['other.example:8443'],
      [''],
    ])('is misdirected when Host is %j', async (name) => {
      const whys: string[] = [];
      const publicHosts = new Set(['config.example', 'other.example:443']);
      const at = await host(
        transport,
        {},
        { ...gateWith({ publicHosts }), onRefused: (why) => whys.push(why) },
      );
      const answer = await exchange(at, upgradeWith(`Host: ${name}`));
      // Node itself answers 400 to a Host that is empty.
      expect(answer).toMatch(/^HTTP\/1\.1 (421|400) /);
      if (name !== '') expect(whys).toEqual(['host']);
      const page = await exchange(at, ['GET / HTTP/1.1', `Host: ${name}`]);
      expect(page).toMatch(/^HTTP\/1\.1 (421|400) /);
      expect(page).not.toContain('This is a Confer server');
      expect(at.peers).toEqual([]);
    });

    it.each([
      ['localhost'],
      ['LOCALHOST:7480'],
      ['127.0.0.1:1'],
      ['127.8.9.10'],
      ['[::1]:7480'],
      ['[::ffff:127.0.0.1]'],
      ['config.example'],
      ['Config.Example.:9'],
      ['other.example:443'],
    ])('is not what comes to %s', async (name) => {
      const publicHosts = new Set(['config.example', 'other.example:443']);
      const at = await host(transport, {}, gateWith({ publicHosts }));
      expect(await exchange(at, upgradeWith(`Host: ${name}`))).toContain(' 101 ');
    });

    it('is not what comes to any address of a server that listens on all', async () => {
      const at = await host(transport, {}, { host: '0.0.0.0', ...gateWith({}) });
      const to = { ...at, listener: { ...at.listener, host: '127.0.0.1' } };
      expect(await exchange(to, upgradeWith('Host: 192.0.2.1:81'))).toContain(' 101 ');
      expect(await exchange(to, upgradeWith('Host: evil:81'))).toContain(' 421 ');
    });
  });
}

function ambiguityContract(transport: Transport): void {
  describe('a request that can be read in two ways (attacks 21, 26, 29, 30)', () => {
    it.each<[string, readonly string[], boolean?]>([
      ['two hosts', ['Host: 127.0.0.1', 'Host: 127.0.0.1']],
      ['a host and another', ['Host: 127.0.0.1', 'host: evil']],
      ['two lengths', ['Host: 127.0.0.1', 'Content-Length: 3', 'Content-Length: 4']],
      ['the same length twice', ['Host: 127.0.0.1', 'Content-Length: 3', 'Content-Length: 3']],
      ['two tokens', ['Host: 127.0.0.1', 'Authorization: Bearer a', 'Authorization: Bearer b']],
      ['two origins', ['Host: 127.0.0.1', `Origin: ${LISTED}`, `Origin: ${LISTED}`]],
      ['no host', ['X: y'], true],
      ['length and chunks', ['Host: 127.0.0.1', 'Content-Length: 3', 'Transfer-Encoding: chunked']],
      ['a folded header', ['Host: 127.0.0.1', 'X: a', ' b'], true],
      ['a space before the colon', ['Host : 127.0.0.1'], true],
      ['a NUL', ['Host: 127.0.0.1', 'X: a\0b'], true],
    ])('is refused: %s', async (_, lines, isSilent = false) => {
      const at = await host(transport, {}, gateWith({}));
      const raw = await connectRaw(at.listener);
      raw.tcp.write(`${['POST /v1 HTTP/1.1', ...lines].join('\r\n')}\r\n\r\n`);
      // What a library does not understand at all it may drop without a word, and take its time.
      await connect(at.url);
      await until(() => raw.phase !== 'open' || isSilent);
      if (!isSilent) expect(raw.received).toMatch(/^HTTP\/1\.1 400 /);
      expect(raw.received).not.toContain('confer.v1');
      expect(at.peers.length).toBe(1);
    });

    it('is refused that would be a WebSocket and has a body', async () => {
      const at = await host(transport, {}, gateWith({}));
      const answer = await exchange(at, upgradeWith('Content-Length: 5'));
      expect(answer).toMatch(/^HTTP\/1\.1 400 .*has no body/s);
      expect(at.peers).toEqual([]);
      expect(await exchange(at, upgradeWith('Content-Length: 0'))).toContain(' 101 ');
    });

    it('is not read on behind an answer', async () => {
      const at = await host(transport, {}, gateWith({}));
      const chunk = [
        'POST /v1 HTTP/1.1',
        'Host: localhost',
        'Transfer-Encoding: chunked',
        '',
        'zz',
      ];
      const answer = await exchange(at, [...chunk, ...upgradeLines]);
      expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
      expect(at.peers).toEqual([]);
    });

    it('is refused when its headers are endless, in one piece or in many', async () => {
      const at = await host(transport, {}, gateWith({}));
      const long = await exchange(at, upgradeWith(`X: ${'y'.repeat(64 * 1024)}`));
      const many = Array.from({ length: 2_000 }, (_, index) => `X-${index}: yyyyyyyyyyyyyyyy`);
      const manyAnswer = await exchange(at, upgradeWith(...many));
      for (const answer of [long, manyAnswer])
        if (answer !== '') expect(answer).toMatch(/^HTTP\/1\.1 431 /);
      expect(at.peers).toEqual([]);
      await connect(at.url);
    });

    it.each([
      '/v1?token=cfr_s3cret',
      '/v1?a=1&access_token=cfr_s3cret',
      '/v1?Token=cfr_s3cret',
      '/v1?%74oken=cfr_s3cret',
      '/?token=cfr_s3cret',
    ])('is refused with its token in the address, which does not come back: %s', async (path) => {
      const at = await host(transport, {}, gateWith({}));
      const lines = upgradeLines.map((line) => line.replace('GET /v1', `GET ${path}`));
      const answer = await exchange(at, lines);
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
      expect(answer).toContain('send it in the hello message, or in the header');
      expect(answer).not.toContain('s3cret');
      expect(at.peers).toEqual([]);
    });

    it('is refused with its token among the subprotocols, which does not come back', async () => {
      const at = await host(transport, {}, gateWith({}));
      const alone = await refused(at.url, { protocols: ['cfr_s3cret'] });
      expect(alone.status).toBe(400);
      expect(alone.text).not.toContain('s3cret');
      const { ws } = await connect(at.url, { protocols: ['cfr_s3cret', 'confer.v1'] });
      expect(ws.protocol).toBe('confer.v1');
    });

    it('gets nothing of its markup or line breaks back into a header', async () => {
      const at = await host(transport, {}, gateWith({}));
      for (const name of ['x%0d%0aset-cookie: a=b', '<script>alert(1)</script>']) {
        const answer = await exchange(at, [
          `GET /${name.replaceAll(' ', '')} HTTP/1.1`,
          'Host: localhost',
          'Connection: close',
        ]);
        expect(answer).not.toContain('script>');
        expect(answer.toLowerCase()).not.toMatch(/^set-cookie/m);
      }
    });
  });
}

function proxiesContract(transport: Transport): void {
  describe('the address of a client (attacks 27, 28)', () => {
    const forged = {
      'x-forwarded-for': '6.6.6.6',
      forwarded: 'for=6.6.6.6',
      'x-real-ip': '6.6.6.6',
      'x-user': 'admin',
    };

    it('is that of its connection, whatever it says, where no proxy is trusted', async () => {
      const at = await host(transport, {}, gateWith({}));
      await connect(at.url, { headers: forged });
      expect(at.peers[0]?.socket).toMatchObject({ address: '127.0.0.1', isProxied: false });
      expect(at.peers[0]?.socket.remote).toMatch(/^127\.0\.0\.1/);
      expect(at.peers[0]?.socket.certificateName).toBeUndefined();
    });

    it('is never what a PROXY header says', async () => {
      const at = await host(transport, {}, gateWith({}));
      const raw = await connectRaw(at.listener);
      const signature = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');
      const proxy = Buffer.from('2111000c0606060607070707003500ff', 'hex');
      raw.tcp.write(Buffer.concat([signature, proxy, Buffer.from(`${upgradeHead}\r\n`)]));
      await until(() => raw.phase !== 'open' || at.peers.length === 1);
      for (const { socket } of at.peers) expect(socket.address).toBe('127.0.0.1');
      await connect(at.url);
    });

    it('is what a trusted proxy says, and nothing that stood there before', async () => {
      const at = await host(transport, {}, proxied);
      await connect(at.url, { headers: { 'x-forwarded-for': '6.6.6.6, 2001:DB8::7, 10.0.0.9' } });
      expect(at.peers[0]?.socket).toMatchObject({ address: '2001:db8::7', isProxied: true });
      expect(at.peers[0]?.socket.remote).toMatch(/^127\.0\.0\.1/);
      const twice = upgradeWith('X-Forwarded-For: 6.6.6.6', 'x-forwarded-for: 198.51.100.7');
      expect(
        await exchange(
          at,
          twice.filter((line) => line !== ''),
        ),
      ).toContain(' 101 ');
      expect(at.peers[1]?.socket.address).toBe('198.51.100.7');
    });

    it('does not decide the origin of pages, but for a proxy with TLS', async () => {
      const own = ['Host: config.example', 'Origin: https://config.example'];
      const at = await host(transport, {}, proxied);
      expect(await exchange(at, upgradeWith(...own))).toContain(' 101 ');
      const plain = upgradeWith(...own, 'X-Forwarded-Proto: http');
      expect(await exchange(at, plain)).toContain(' 403 ');
      const direct = await host(
        transport,
        {},
        gateWith({ publicHosts: new Set(['config.example']) }),
      );
      const pretended = upgradeWith(...own, 'X-Forwarded-Proto: https');
      expect(await exchange(direct, pretended)).toContain(' 403 ');
    });
  });
}
