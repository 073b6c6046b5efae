import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../shared/src/test-support/virtual-clock.ts';
import { type DoorAt, doorOf, InsecureReminder } from './door.ts';
import { testPair } from './test-support/certificates.ts';

const now = Date.now();
const open = (at: Partial<DoorAt>) => doorOf({ host: '127.0.0.1', isAuthOn: false, ...at }, now);
const tls = () => testPair().files;

describe('a server that listens on this machine alone', () => {
  it.each(['127.0.0.1', '127.1.2.3', 'localhost', '::1', '::ffff:127.0.0.1'])(
    'needs nothing, and takes the pages of this machine: %s',
    async (host) => {
      const door = await open({ host });
      expect(door.lacks).toEqual([]);
      expect(door.gate.takesLoopbackPages).toBe(true);
    },
  );

  it('takes no pages but its own once people have to say who they are', async () => {
    expect((await open({ isAuthOn: true })).gate.takesLoopbackPages).toBe(false);
  });
});

describe('a server that other machines reach', () => {
  const host = '0.0.0.0';

  it.each<[string, Partial<DoorAt>, RegExp, RegExp]>([
    ['authentication and TLS', {}, /--auth on.*--tls-cert and --tls-key, or --trusted-proxy/, /^$/],
    ['TLS', { isAuthOn: true }, /--tls-cert and --tls-key, or --trusted-proxy/, /--auth/],
    ['authentication', { trustedProxies: ['10.0.0.0/8'] }, /--auth on/, /--tls-cert/],
  ])('is told that it lacks %s, and how to get it', async (_, at, says, saysNot) => {
    const error: unknown = await open({ host, ...at }).catch((error: unknown) => error);
    expect(error).toMatchObject({ kind: 'refused', message: expect.stringMatching(says) });
    expect(error).toMatchObject({ message: expect.stringContaining('--insecure') });
    expect(error).toMatchObject({ message: expect.not.stringMatching(saysNot) });
    const door = await open({ host, ...at, insecure: true });
    expect(door.lacks.length).toBeGreaterThan(0);
  });

  it.each([
    '0.0.0.0',
    '::',
    '192.0.2.1',
    '10.0.0.1',
    'config.example',
    '1.2.3.4',
    '::ffff:10.0.0.1',
  ])('is one on %s', async (host) => {
    await expect(open({ host })).rejects.toMatchObject({ kind: 'refused' });
  });

  it('opens with both', async () => {
    const direct = await open({ host, isAuthOn: true, tls: tls() });
    expect(direct.lacks).toEqual([]);
    expect(direct.certificate).toBeDefined();
    const behind = await open({ host, isAuthOn: true, trustedProxies: ['10.0.0.0/8'] });
    expect(behind.lacks).toEqual([]);
  });

  it('lets no page in by being insecure', async () => {
    const { gate } = await open({ host, insecure: true });
    expect(gate).toMatchObject({
      takesLoopbackPages: false,
      origins: new Set(),
      publicHosts: new Set(),
    });
  });

  it('is reminded of that at the start and each hour, until it ends', async () => {
    const clock = new VirtualClock();
    const said: string[] = [];
    const { lacks } = await open({ host, insecure: true });
    const reminder = new InsecureReminder(host, lacks, clock, (level, text) =>
      said.push(`${level} ${text}`),
    );
    expect(said).toEqual([
      expect.stringMatching(
        /^warn --insecure: 0\.0\.0\.0 can be reached .* nobody is authenticated/,
      ),
    ]);
    clock.advanceAtOnce(2 * 60 * 60_000);
    expect(said.length).toBe(3);
    reminder.stop();
    expect(clock.pending).toBe(0);
    new InsecureReminder('127.0.0.1', [], clock, (_, text) => said.push(text));
    expect([said.length, clock.pending]).toEqual([3, 0]);
  });
});

describe('an option of the door', () => {
  it.each([
    ['https://console.example', 'https://console.example'],
    ['https://console.example/', 'https://console.example'],
    ['HTTPS://Console.Example:443', 'https://console.example'],
    ['http://localhost:3000', 'http://localhost:3000'],
  ])('allows the origin %s', async (url, origin) => {
    expect((await open({ allowOrigins: [url] })).gate.origins).toEqual(new Set([origin]));
  });

  it.each<[keyof DoorAt, readonly string[]]>([
    [
      'allowOrigins',
      ['*', 'null', '', 'console.example', 'ftp://a', 'https://a/path', 'https://a?b', 'file:///a'],
    ],
    ['publicHosts', ['', '*', 'a b', 'https://a', 'a:b', 'a:123456', 'a/b', '.a', '[a]', 'a,b']],
    ['trustedProxies', ['', '*', 'proxy', '10.0.0.0/33']],
  ])('is refused where %s is nothing of the kind', async (name, texts) => {
    for (const text of texts)
      await expect(open({ [name]: [text] }), text).rejects.toMatchObject({
        name: 'StartError',
        kind: 'invalid',
        message: expect.stringContaining('one looks like'),
      });
  });

  it.each([
    ['Config.Example', 'config.example'],
    ['config.example:8443', 'config.example:8443'],
    ['[2001:DB8::0:1]', '2001:db8::1'],
    ['192.0.2.1', '192.0.2.1'],
    ['a_b', 'a_b'],
  ])('knows the public host %s', async (text, host) => {
    expect((await open({ publicHosts: [text] })).gate.publicHosts).toEqual(new Set([host]));
  });

  it('is refused with a certificate that will not do', async () => {
    const files = { ...tls(), keyFile: tls().keyFile };
    await expect(open({ tls: files })).rejects.toMatchObject({
      name: 'StartError',
      kind: 'invalid',
    });
  });
});
