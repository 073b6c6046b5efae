import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect } from '@confer/client';
import { createServer } from '@confer/server';
import { expect, it, onTestFinished } from 'vitest';
import { freePort, withDirectory } from '../support/process.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const NGINX = ['/usr/sbin/nginx', '/usr/local/sbin/nginx', '/usr/bin/nginx'].find(existsSync);

/** A service that answers with its name; its address. */
async function service(name: string): Promise<string> {
  const server = createHttpServer((_, response) => response.end(name)).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return `127.0.0.1:${port}`;
}

/** The example with all that it said. */
function startExample(env: Readonly<Record<string, string>>) {
  const PATH = `${process.env.PATH}:/usr/sbin:/usr/local/sbin`;
  const child: ChildProcess = spawn('sh', [join(root, 'examples/nginx/start.sh')], {
    env: { PATH, ...env },
  });
  let said = '';
  for (const output of [child.stdout, child.stderr])
    output?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  const ended = once(child, 'close');
  const end = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  onTestFinished(end);
  return { said: () => said, end };
}

const SOON = { timeout: 15_000, interval: 50 };

it.skipIf(NGINX === undefined)(
  'nginx has the upstreams and limits that Confer says, and never a configuration that it refuses (where nginx is installed)',
  { timeout: 60_000 },
  async () => {
    await withDirectory(async (directory) => {
      const server = await createServer({ engine: 'memory', port: 0 });
      const client = connect(server.url);
      onTestFinished(async () => {
        await client.close();
        await server.close();
      });
      const [one, two] = await Promise.all([service('one'), service('two')]);
      const port = await freePort();
      const set = (path: string, value: unknown) =>
        client.set(`/gateway/${path}`, typeof value === 'string' ? value : JSON.stringify(value));
      await set('port', port);
      await set('limits/requests-per-second', 1_000);
      await set('limits/burst', 1_000);
      await set('limits/body', '1m');
      await set('upstreams/orders/at', '/orders/');
      await set('upstreams/orders/servers', [one]);

      const example = startExample({ CONFER_URL: server.url, RUN: directory });
      const ask = async (path = 'orders/', body?: string) => {
        const method = body === undefined ? 'GET' : 'POST';
        const init = { method, ...(body === undefined ? {} : { body }) };
        const answer = await fetch(`http://127.0.0.1:${port}/${path}`, init).catch(() => undefined);
        return answer?.ok === true ? answer.text() : answer?.status;
      };
      await expect.poll(ask, SOON).toBe('one');

      await set('upstreams/orders/servers', [two]);
      await expect.poll(ask, SOON).toBe('two');

      const large = 'x'.repeat(10_000);
      await set('limits/body', 'nonsense');
      await expect.poll(example.said, SOON).toMatch(/warning\[check\][\s\S]*\[emerg\]/);
      expect(await ask('orders/', large)).toBe('two');

      await set('limits/body', '1k');
      await expect.poll(() => ask('orders/', large), SOON).toBe(413);
      await client.commit({
        operations: [
          { type: 'put', path: '/gateway/upstreams/catalog/at', value: '/' },
          { type: 'put', path: '/gateway/upstreams/catalog/servers', value: JSON.stringify([one]) },
        ],
      });
      await expect.poll(() => ask('anything'), SOON).toBe('one');
      expect(await ask()).toBe('two');

      await example.end();
      expect(await ask()).toBeUndefined();
      expect(existsSync(join(directory, 'nginx.pid'))).toBe(false);
    });
  },
);
