import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { newAuthority, testAuthority, testPair } from '../test-support/certificates.ts';
import type { Authority } from '../tls/issue.ts';
import { connect, type Host, host, refused, until, withTls } from './scene.contract.ts';
import { wsTransport } from './ws.ts';

const transport = withTls(wsTransport);
const DAY_MS = 24 * 60 * 60_000;
const clients = newAuthority('clients');

/** Listens for clients of this authority alone. */
function hostFor(authority: Authority): Promise<Host> {
  return host(transport, {}, { tls: { ...testPair().files, clientCa: authority.cert } });
}

function clientOf(authority: Authority, names: readonly string[], more = {}) {
  const { cert, key } = testPair(
    { usage: 'client', commonName: 'admin', names, ...more },
    authority,
  );
  return { cert, key };
}

const orders = ['orders.shop', 'spiffe://shop/orders'];

describe('a client that has to show a certificate (attack 35)', () => {
  it('is known by the name in it, of which the URI comes first', async () => {
    const at = await hostFor(clients);
    await connect(at.url, clientOf(clients, orders));
    await connect(at.url, clientOf(clients, ['orders.shop']));
    const names = at.peers.map(({ socket }) => socket.certificateName);
    expect(names).toEqual(['spiffe://shop/orders', 'orders.shop']);
  });

  it.each([
    ['has none', () => ({})],
    ['has one of a foreign authority', () => clientOf(newAuthority('foreign'), orders)],
    ['has one of an authority of the same name', () => clientOf(newAuthority('clients'), orders)],
    [
      'has one that has expired',
      () => clientOf(clients, orders, { from: Date.now() - 2 * DAY_MS, to: Date.now() - DAY_MS }),
    ],
    [
      'has one of a later day',
      () => clientOf(clients, orders, { from: Date.now() + DAY_MS, to: Date.now() + 2 * DAY_MS }),
    ],
    ['has one that is for servers', () => clientOf(clients, orders, { usage: 'server' })],
  ])('is refused in the handshake when it %s', async (_, shown) => {
    const at = await hostFor(clients);
    await expect(connect(at.url, shown())).rejects.toThrow(/alert|ECONNRESET|socket hang up/i);
    await connect(at.url, clientOf(clients, orders));
    expect(at.peers.length).toBe(1);
  });

  it('is refused with one that has a common name alone, whatever that is', async () => {
    const whys: string[] = [];
    const at = await host(
      transport,
      {},
      {
        tls: { ...testPair().files, clientCa: clients.cert },
        onRefused: (why) => whys.push(why),
      },
    );
    const answer = await refused(at.url, clientOf(clients, []));
    expect(answer.status).toBe(403);
    expect(answer.text).toContain('A common name does not count');
    expect(whys).toEqual(['certificate']);
    expect(at.peers).toEqual([]);
  });

  it('is refused after its authority is replaced, also when it takes up its last session', async () => {
    const at = await hostFor(clients);
    const known = clientOf(clients, orders);
    const held = await connect(at.url, known);
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const session = await sessionOf(at, { ...known, maxVersion: version });
      expect(await isResumed(at, { ...known, maxVersion: version, session })).toBe(true);
      const others = newAuthority('others');
      await at.listener.renewTls({ ...testPair().files, clientCa: others.cert });
      await expect(isResumed(at, { ...known, maxVersion: version, session })).rejects.toThrow();
      await connect(at.url, clientOf(others, orders));
      await at.listener.renewTls({ ...testPair().files, clientCa: clients.cert });
    }
    expect(held.closes).toEqual([]);
  });
});

function dial(at: Host, options: ConnectionOptions): TLSSocket {
  const { host, port } = at.listener;
  const socket = connectTls({ host, port, ca: testAuthority().cert, ...options });
  socket.on('error', () => {});
  onTestFinished(() => {
    socket.destroy();
  });
  return socket;
}

/** What a client needs to take its session up. With TLS 1.3 that comes with the first answer. */
async function sessionOf(at: Host, options: ConnectionOptions): Promise<Buffer> {
  const socket = dial(at, options);
  let session: Buffer | undefined;
  socket.on('session', (ticket) => {
    session = ticket;
  });
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await until(() => session !== undefined);
  socket.destroy();
  if (session === undefined) throw new Error('no session');
  return session;
}

/** Whether the handshake took the session up; rejects where no request is answered over it. */
function isResumed(at: Host, options: ConnectionOptions): Promise<boolean> {
  const socket = dial(at, options);
  return new Promise((resolve, reject) => {
    socket.once('data', () => resolve(socket.isSessionReused()));
    socket.once('close', () => reject(new Error('closed without an answer')));
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  });
}
