import { connect as connectTcp } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { newAuthority, testAuthority, testFile, testPair } from '../test-support/certificates.ts';
import {
  type Client,
  connect,
  echo,
  type Host,
  host,
  pair,
  until,
  withTls,
} from './scene.contract.ts';
import type { Transport } from './transport.ts';

/** Shakes hands; rejects where the server does not. */
function handshake(at: Host, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const { host, port } = at.listener;
  const socket = connectTls({ host, port, ca: testAuthority().cert, ...options });
  onTestFinished(() => {
    socket.destroy();
  });
  return new Promise((resolve, reject) => {
    socket.once('secureConnect', () => resolve(socket)).once('error', reject);
    socket.once('close', () => reject(new Error('closed')));
  });
}

/** The certificate that who connects now is shown. */
async function shownBy(at: Host): Promise<string> {
  const socket = await handshake(at);
  const shown = socket.getPeerX509Certificate()?.fingerprint256 ?? '';
  socket.destroy();
  return shown;
}

export function tlsContract(plain: Transport): void {
  const transport = withTls(plain);

  describe('TLS (attack 36)', () => {
    it.each(['TLSv1.2', 'TLSv1.3'] as const)('is spoken in version %s', async (version) => {
      const at = await host(transport, echo);
      const socket = await handshake(at, { minVersion: version, maxVersion: version });
      expect(socket.getProtocol()).toBe(version);
      expect(socket.getCipher().name).toMatch(/GCM|CHACHA20/);
    });

    it.each<[string, ConnectionOptions]>([
      ['version 1.1', { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' }],
      ['version 1.0', { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' }],
      [
        'a cipher that proves nothing',
        { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA' },
      ],
      ['a cipher of CBC', { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA256' }],
    ])('is not spoken with %s', async (_, options) => {
      const at = await host(transport, echo);
      await expect(handshake(at, options)).rejects.toMatchObject({
        code: expect.stringMatching(/ALERT|ECONNRESET|NO_CIPHERS|UNSUPPORTED/),
      });
      await pair(at);
    });

    it('is not what a plain request gets an answer to', async () => {
      const at = await host(transport, echo);
      const { client, peer } = await pair(at);
      const tcp = connectTcp({ host: at.listener.host, port: at.listener.port });
      let received = '';
      let isClosed = false;
      tcp.on('data', (data) => {
        received += data.toString('latin1');
      });
      tcp
        .on('error', () => {})
        .on('close', () => {
          isClosed = true;
        });
      tcp.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
      await until(() => isClosed);
      expect(received).not.toContain('Confer');
      client.ws.send('still here');
      await until(() => client.frames.length === 1);
      expect(peer.closes).toEqual([]);
    });

    it('is had by nobody who does not trust its authority', async () => {
      const at = await host(transport, echo);
      const stranger = connect(at.url, { ca: newAuthority('a stranger').cert });
      await expect(stranger).rejects.toMatchObject({
        code: expect.stringMatching(/VERIFY|SELF_SIGNED|LOCALLY/),
      });
    });
  });

  describe('another certificate', () => {
    it('is shown to those who come from then on, and ends nobody: ten of them, two hundred connections', async () => {
      const first = testPair();
      const at = await host(transport, echo, { tls: first.files });
      const held: Client[] = [];
      for (let count = 0; count < 200; count += 1) held.push(await connect(at.url));
      const before = await shownBy(at);
      const seen = new Set([before]);
      for (let times = 0; times < 10; times += 1) {
        await at.listener.renewTls(testPair().files);
        seen.add(await shownBy(at));
        held.push(await connect(at.url));
      }
      expect(seen.size).toBe(11);
      for (const { ws } of held) ws.send('still here');
      await until(() => held.every(({ frames }) => frames.length === 1));
      expect(held.every(({ closes }) => closes.length === 0)).toBe(true);
      expect(at.peers.every(({ closes }) => closes.length === 0)).toBe(true);
      // Room is kept for all of them together, and all of them go.
      await at.listener.close();
      await until(() => held.every(({ closes }) => closes.length === 1));
    });

    it.each([
      ['of another pair', () => ({ key: testPair().key })],
      ['that is none', () => ({ key: 'no key', cert: 'no certificate' })],
    ])('is refused with a key %s, and the old one stays', async (_, wrong) => {
      const at = await host(transport, echo);
      const before = await shownBy(at);
      const { files, ...texts } = testPair();
      const { cert, key } = { ...texts, ...wrong() };
      const broken = { ...files, cert, key, certFile: testFile(cert), keyFile: testFile(key) };
      await expect(at.listener.renewTls(broken)).rejects.toThrow();
      expect(await shownBy(at)).toBe(before);
      await at.listener.renewTls(testPair().files);
      expect(await shownBy(at)).not.toBe(before);
    });

    it('is shown on a port that was named, too, which is free in the end', async () => {
      const first = await host(transport, echo);
      const { port } = first.listener;
      await first.listener.close();
      const at = await host(transport, echo, { port });
      await pair(at);
      await at.listener.renewTls(testPair().files);
      await pair(at);
      await at.listener.close();
      const heir = await host(plain, echo, { port });
      await pair(heir);
    });

    it('is shown to nobody by a listener that stopped', async () => {
      const at = await host(transport, echo);
      await pair(at);
      at.listener.stopAccepting();
      await at.listener.renewTls(testPair().files);
      await expect(connect(at.url)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    });
  });
}
