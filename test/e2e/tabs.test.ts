import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Client, connect } from '@confer/client';
import { describe, expect, it } from 'vitest';
import { Browser, isChromiumHere, type Tab } from '../support/browser.ts';
import { bundlePage, WebApp } from '../support/page.ts';
import { freePort, serve, withDirectory } from '../support/process.ts';

const WORKER = new URL('../../client/dist/tab-worker.bundle.js', import.meta.url);

const ended: (() => unknown)[] = [];

/** All that was started ends before its directory goes: a browser writes into its profile until then. */
const withScene = (use: (directory: string) => Promise<void>) =>
  withDirectory(async (directory) => {
    try {
      await use(directory);
    } finally {
      for (const end of ended.splice(0).reverse()) await end();
    }
  });

interface Scene {
  readonly writer: Client;
  readonly server: { kill(): Promise<unknown>; start(): Promise<void> };
  open(how?: { worker?: string; isAlone?: boolean }): Promise<Tab>;
  /** Waits until the server has so many connections and watches, beside the writer's. */
  has(connections: number, watches: number): Promise<void>;
}

/** A real server, and a browser with an application whose tabs may be opened. */
async function start(directory: string): Promise<Scene> {
  const port = await freePort();
  const run = () => serve(['--data', join(directory, 'data')], port);
  let { program, url } = await run();
  ended.push(() => program.kill());
  const writer = connect(url, { retry: { initialMs: 50, maxMs: 200 } });
  ended.push(() => writer.close());
  const files = new Map([
    ['/page.js', await bundlePage(new URL('./tabs-page.js', import.meta.url))],
    ['/tab-worker.js', readFileSync(WORKER, 'utf8')],
    ['/broken.js', 'this is no script'],
  ]);
  const app = await WebApp.serve(files, url.replace('http', 'ws'));
  ended.push(() => app.close());
  const browser = await Browser.launch(join(directory, 'browser'));
  ended.push(() => browser.close());
  return {
    writer,
    server: {
      kill: () => program.kill(),
      start: async () => {
        ({ program, url } = await run());
      },
    },
    async open({ worker = '/tab-worker.js', isAlone = false } = {}) {
      const given = encodeURIComponent(JSON.stringify({ server: url, worker, isAlone }));
      const tab = await browser.open(`${app.url}#${given}`);
      await tab.until(`mirror.status === 'live'`);
      return tab;
    },
    async has(connections, watches) {
      const wanted = { connections: connections + 1, watches };
      await expect.poll(() => writer.serverStatus(), { timeout: 20_000 }).toMatchObject(wanted);
    },
  };
}

describe('the tabs of a real browser', () => {
  it.runIf(isChromiumHere)(
    'W12 share one connection to the server, and each goes on when another closes or crashes (with Chromium)',
    { timeout: 90_000 },
    () =>
      withScene(async (directory) => {
        const { open, has, writer } = await start(directory);
        const [one, two, three] = [await open(), await open(), await open()];
        await has(1, 3);
        const own = `client.set('/app/a', 'one').then(() => mirror.value('/app/a'))`;
        expect(await one.evaluate(own)).toBe('one');
        for (const tab of [two, three]) await tab.until(`mirror.value('/app/a') === 'one'`);

        await two.close();
        await has(1, 2);
        three.crash();
        await has(1, 1);
        await writer.set('/app/a', 'after');
        await one.until(`mirror.value('/app/a') === 'after'`);
        expect(await one.evaluate('JSON.stringify(said)')).toBe(
          JSON.stringify({ violations: [], errors: [], statuses: ['live'] }),
        );
        await one.close();
        await has(0, 0);
      }),
  );

  it.runIf(isChromiumHere)(
    'W5 W8 all come back over one connection after the server was killed (with Chromium)',
    { timeout: 90_000 },
    () =>
      withScene(async (directory) => {
        const { open, has, writer, server } = await start(directory);
        const tabs = [await open(), await open()];
        await writer.set('/app/a', 'before');
        for (const tab of tabs) await tab.until(`mirror.value('/app/a') === 'before'`);
        await server.kill();
        for (const tab of tabs) await tab.until(`mirror.status === 'stale'`);
        await server.start();
        await writer.set('/app/a', 'after');
        for (const tab of tabs)
          await tab.until(`mirror.status === 'live' && mirror.value('/app/a') === 'after'`);
        await has(1, 2);
      }),
  );

  it.runIf(isChromiumHere)(
    'have a connection each where there is no shared worker, or it does not start (with Chromium)',
    { timeout: 90_000 },
    () =>
      withScene(async (directory) => {
        const { open, has } = await start(directory);
        const shared = await open();
        await open({ isAlone: true });
        await has(2, 2);
        await open({ worker: '/missing.js' });
        await has(3, 3);
        await open({ worker: '/broken.js' });
        await has(4, 4);
        // That it was closed early says nothing of the worker.
        await shared.evaluate('reopen()');
        await has(4, 5);
      }),
  );
});
