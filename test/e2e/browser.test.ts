import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect } from '@confer/client';
import { createServer, type Server } from '@confer/server';
import { afterEach, describe, expect, it } from 'vitest';
import { freePort, withDirectory } from '../support/process.ts';

const CHROMIUM = process.env.CONFER_TEST_CHROMIUM ?? '/usr/bin/chromium';
const BUNDLE = fileURLToPath(new URL('../../client/dist/browser.bundle.js', import.meta.url));
const isThere = existsSync(CHROMIUM);
if (!isThere) console.warn(`There is no Chromium at ${CHROMIUM}, so its test does not run`);

/** A page as a user would write one, under a policy that forbids all but its own scripts. */
const PAGE = '<!doctype html><meta charset="utf-8"><script type="module" src="/page.js"></script>';
const SCRIPT = `
import { connect } from '/confer.js';
const say = (line) => fetch('/said', { method: 'POST', body: JSON.stringify(line) });
addEventListener('securitypolicyviolation', (event) => say({ violation: event.blockedURI }));
addEventListener('error', (event) => say({ error: event.message }));
const confer = connect(new URLSearchParams(location.search).get('server'), { client: { name: 'page' } });
const mirror = confer.mirror('/page');
mirror.on('status', ({ to }) => say({ status: to }));
mirror.on('change', ({ changes }) => say({ changed: changes.map(({ path }) => path) }));
await mirror.ready();
await confer.set('/page/own', 'writes');
say({ own: mirror.value('/page/own') });
`;

type Said = Readonly<Record<string, unknown>>;

class Page {
  readonly said: Said[] = [];
  readonly #http: HttpServer;
  #browser: ChildProcess | undefined;

  constructor() {
    this.#http = createHttpServer((request, response) => {
      if (request.method === 'POST') {
        request.setEncoding('utf8').on('data', (line: string) => this.said.push(JSON.parse(line)));
        request.on('end', () => response.end());
        return;
      }
      const isScript = request.url?.endsWith('.js') === true;
      response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
      response.setHeader('content-security-policy', "default-src 'self'; connect-src *");
      if (request.url === '/confer.js') response.end(readFileSync(BUNDLE));
      else response.end(request.url === '/page.js' ? SCRIPT : PAGE);
    });
  }

  async open(profile: string, server: string): Promise<void> {
    this.#http.listen(0, '127.0.0.1');
    await once(this.#http, 'listening');
    const address = this.#http.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic'];
    const quiet = ['--no-first-run', '--disable-background-networking', '--disable-sync'];
    const url = `http://127.0.0.1:${port}/?server=${encodeURIComponent(server)}`;
    const own = [`--user-data-dir=${profile}`, '--disable-component-update', url];
    // A group of its own, because Chromium leaves helpers behind when only its first process ends.
    this.#browser = spawn(CHROMIUM, [...flags, ...quiet, ...own], {
      stdio: 'ignore',
      detached: true,
    });
  }

  async saw(isIt: (line: Said) => boolean): Promise<void> {
    const deadline = Date.now() + 30_000;
    while (!this.said.some(isIt)) {
      if (Date.now() > deadline) throw new Error(`not seen: ${JSON.stringify(this.said)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async close(): Promise<void> {
    const browser = this.#browser;
    if (browser?.pid !== undefined && browser.exitCode === null) {
      process.kill(-browser.pid, 'SIGKILL');
      await once(browser, 'exit');
    }
    this.#http.closeAllConnections();
    this.#http.close();
  }
}

let page: Page | undefined;
let server: Server | undefined;
afterEach(async () => {
  await page?.close();
  await server?.close();
  page = undefined;
  server = undefined;
});

describe('the client in a browser', () => {
  it.runIf(isThere)(
    'W8 W12 mirrors, writes, and comes back after its server was away (with Chromium)',
    { timeout: 90_000 },
    async () => {
      await withDirectory(async (profile) => {
        const port = await freePort();
        const dataDirectory = join(profile, 'data');
        server = await createServer({ engine: 'lmdb', dataDirectory, port });
        page = new Page();
        await page.open(join(profile, 'browser'), server.url);
        await page.saw(({ own }) => own === 'writes');
        await write(server, '/page/other', '1');
        await page.saw(({ changed }) => JSON.stringify(changed) === '["/page/other"]');

        await server.close();
        await page.saw(({ status }) => status === 'stale');
        server = await createServer({ engine: 'lmdb', dataDirectory, port });
        await write(server, '/page/later', '1');
        await page.saw(({ changed }) => JSON.stringify(changed) === '["/page/later"]');
        expect(page.said.filter(({ violation, error }) => violation ?? error)).toEqual([]);
        // It writes into its profile until then.
        await page.close();
        page = undefined;
      });
    },
  );

  it('runs in no page of a stranger', async () => {
    server = await createServer({ engine: 'memory', port: 0 });
    const response = await fetch(`${server.url}/v1`, {
      headers: { origin: 'https://evil.example' },
    });
    expect(response.ok).toBe(false);
  });
});

async function write({ url }: Server, path: string, value: string): Promise<void> {
  const client = connect(url);
  await client.set(path, value);
  await client.close();
}
