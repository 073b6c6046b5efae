import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, connect } from '@confer/client';
import { createServer, newTokenText, readAudit, type Server } from '@confer/server';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { Acknowledged } from '../../faults/acknowledged.ts';
import { until } from '../../faults/scene.ts';
import { confer, freePort } from '../../support/process.ts';
import { PROXIES, ProxyProcess } from './proxy-process.ts';

const HEARTBEAT_MS = 250;
/** What the proxies do not let be idle, here. */
const IDLE_MS = 1_000;

describe.each(PROXIES)('behind $name', (kind) => {
  const { program } = kind;
  describe.skipIf(program === undefined)(`(where ${kind.name} is installed)`, () => {
    const directory = mkdtempSync(join(tmpdir(), 'confer-test-'));
    const audit = join(directory, 'audit');
    const token = newTokenText();
    const clients: Client[] = [];
    let server: Server;
    let proxy: ProxyProcess;
    let ca: string;

    beforeAll(async () => {
      const made = await confer(['tls', 'self-signed', '--out', directory]);
      expect(made.code).toBe(0);
      ca = readFileSync(join(directory, 'ca.pem'), 'utf8');
      const bootstrapTokenFile = join(directory, 'bootstrap-token');
      writeFileSync(bootstrapTokenFile, token, { mode: 0o600 });
      const port = await freePort();
      server = await createServer({
        engine: 'memory',
        port: 0,
        heartbeatMs: HEARTBEAT_MS,
        auth: 'on',
        bootstrapTokenFile,
        auditDirectory: audit,
        trustedProxies: ['127.0.0.1/32'],
        publicHosts: ['localhost'],
      });
      const serverPort = server.port;
      const place = { directory, tlsDirectory: directory, port, serverPort };
      proxy = new ProxyProcess(kind, program ?? '', place);
      const first = behind();
      await proxy.ready(() => first.serverStatus().then(() => true));
    });
    afterEach(async () => {
      for (const client of clients.splice(0)) await client.close();
    });
    afterAll(async () => {
      await proxy?.end();
      await server?.close();
      rmSync(directory, { recursive: true, force: true });
    });

    function behind(): Client {
      const retry = { initialMs: 20, maxMs: 200 };
      const client = connect(proxy.url, { token, tls: { ca }, retry });
      clients.push(client);
      return client;
    }

    it('W8 a connection is kept up, however long nothing happens, and all sizes pass', async () => {
      const [writer, watching] = [behind(), behind()];
      const statuses: string[] = [];
      watching.on('status', ({ kind: status }) => statuses.push(status));
      const mirror = watching.mirror('/idle');
      await mirror.ready();
      statuses.length = 0;
      const startedAt = Date.now();
      await until('it was idle for long', () => Date.now() - startedAt > 2 * IDLE_MS);
      const large = 'x'.repeat(1024 * 1024);
      const { revision } = await writer.set('/idle/large', large);
      await mirror.waitFor(revision, { timeoutMs: 5_000 });
      expect(mirror.get('/idle/large')?.value).toBe(large);
      expect(statuses).toEqual([]);
    });

    it('S1 S4 W3 a reload of it amid writes and watches loses nothing', async () => {
      const watching = behind();
      const mirror = watching.mirror('/acknowledged');
      await mirror.ready();
      const seen = new Set(mirror.list().map(({ path }) => path));
      mirror.on('change', ({ changes }) => {
        for (const { path } of changes) seen.add(path);
      });
      const writes = new Acknowledged([behind(), behind()]);
      for (let reloads = 0; reloads < 2; reloads++) {
        const before = writes.count;
        await until('some are written', () => writes.count > before + 50);
        proxy.reload();
      }
      // The old process has let go of them by then.
      const reloadedAt = Date.now();
      await until('it is long ago', () => Date.now() - reloadedAt > 1_500);
      const before = writes.count;
      await until('more are written', () => writes.count > before + 50);
      await writes.end();
      await writes.expectAll(watching);
      const { revision } = await watching.set('/acknowledged/last', '1');
      await mirror.waitFor(revision, { timeoutMs: 10_000 });
      expect(seen.size).toBe(mirror.size);
    });

    it('W3 W6 events come as they happen, and the stream is kept up while nothing happens', async () => {
      const writer = behind();
      const headers = { authorization: `Bearer ${token}`, host: new URL(proxy.url).host };
      const request = get(`${proxy.url}/v1/watch/events`, { ca, headers });
      const [response] = await once(request, 'response');
      let told = '';
      let isOver = false;
      response.setEncoding('utf8').on('data', (text: string) => {
        told += text;
      });
      response.once('close', () => {
        isOver = true;
      });
      await until('it has begun', () => told.includes('event: synced'));
      const startedAt = Date.now();
      await until('it was idle for long', () => Date.now() - startedAt > 2 * IDLE_MS);
      expect(isOver).toBe(false);
      const wroteAt = Date.now();
      await writer.set('/events/a', 'one');
      await until('it is told', () => told.includes('"value":"one"'));
      expect(Date.now() - wroteAt).toBeLessThan(IDLE_MS);
      request.destroy();
    });

    it('the server knows who it is, whatever he says of himself', async () => {
      const headers = { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'http' };
      const stranger = new WebSocket(`${proxy.url.replace('https', 'wss')}/v1`, 'confer.v1', {
        ca,
        headers,
        localAddress: '127.0.0.2',
        family: 4,
      });
      const hello = { type: 'hello', version: 1, token, client: { name: 'stranger' } };
      stranger.once('open', () => stranger.send(JSON.stringify(hello)));
      await once(stranger, 'message');
      stranger.terminate();
      const addresses = async () => {
        const seen = new Set<string | undefined>();
        for await (const { event, address } of readAudit(audit, {}))
          if (event === 'login') seen.add(address);
        return seen;
      };
      await until('it is written down', async () => (await addresses()).has('127.0.0.2'));
      expect(await addresses()).toEqual(new Set(['127.0.0.1', '127.0.0.2']));
    });
  });
});
