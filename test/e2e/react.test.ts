import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Client, connect } from '@confer/client';
import { describe, expect, it } from 'vitest';
import { Browser, isChromiumHere, type Tab } from '../support/browser.ts';
import { bundlePage, WebApp } from '../support/page.ts';
import { freePort, Program, serve, withDirectory } from '../support/process.ts';

const script = (name: string) => new URL(`./react/${name}.js`, import.meta.url);

/** What a server of pages puts into them: what it has rendered, and of what. */
async function renderedBody(server: string, bootstrap: readonly object[]): Promise<string> {
  const json = JSON.stringify(bootstrap);
  const { code, stdout, stderr } = await new Program(fileURLToPath(script('render')), [json])
    .finished;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const given = JSON.stringify({ server, bootstrap });
  return `<div id="page">${stdout}</div><div id="more"></div><script type="application/json" id="given">${given}</script>`;
}

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

describe('React in a real browser, in strict mode and under a strict policy', () => {
  let server: Awaited<ReturnType<typeof serve>>;
  let writer: Client;
  let tab: Tab;
  let startAgain: () => Promise<void>;

  const said = async (what: string) =>
    JSON.parse(String(await tab.evaluate(`JSON.stringify(said.${what})`)));
  const shows = (id: string, text: string) =>
    tab.until(`document.querySelector('#${id}').textContent === ${JSON.stringify(text)}`);

  /** A page over a real server that holds two values, once it shows them. */
  async function start(directory: string): Promise<void> {
    const port = await freePort();
    const data = ['--data', join(directory, 'data')];
    server = await serve(data, port);
    ended.push(() => server.program.kill());
    startAgain = async () => {
      server = await serve(data, port);
    };
    writer = connect(server.url);
    ended.push(() => writer.close());
    await writer.set('/app/db/pool', '20');
    await writer.set('/app/motd', 'hello');
    const { entries } = await writer.list('/app');
    const old = entries.map((entry) => ({
      ...entry,
      value: entry.value.replace('hello', 'before'),
    }));
    const body = await renderedBody(server.url, old);
    expect(body).toContain('<p id="pool">number 20</p><p id="motd">before</p>');
    const files = new Map([['/page.js', await bundlePage(script('page'))]]);
    const app = await WebApp.serve(files, server.url.replace('http', 'ws'), body);
    ended.push(() => app.close());
    const browser = await Browser.launch(join(directory, 'browser'));
    ended.push(() => browser.close());
    tab = await browser.open(app.url);
    await shows('motd', 'hello');
    await shows('status', 'open live undefined');
  }

  it.runIf(isChromiumHere)(
    'takes over what a server rendered, renders what changed alone, and opens each mirror once (with Chromium)',
    { timeout: 90_000 },
    () =>
      withScene(async (directory) => {
        await start(directory);
        const before = await said('renders');
        await writer.set('/app/motd', 'changed');
        await shows('motd', 'changed');
        const after = await said('renders');
        expect(after.motd).toBeGreaterThan(before.motd);
        expect({ ...after, motd: 0 }).toEqual({ ...before, motd: 0 });

        await writer.set('/app/db/pool', '"30"');
        await shows('pool', 'string 30');
        // What its schema refuses, a typed configuration passes over.
        await shows('part', '20');
        expect((await said('renders')).motd).toBe(after.motd);

        await tab.evaluate('route(false)');
        await tab.until(`document.querySelector('#pool') === null`);
        await tab.evaluate('route(true)');
        await shows('pool', 'string 30');
        await writer.set('/app/db/pool', '40');
        await shows('part', '40');
        // That of the configuration, and one for all hooks.
        expect(await said('opened')).toEqual(['/app', '/app']);
        expect([await said('errors'), await said('violations')]).toEqual([[], []]);
      }),
  );

  it.runIf(isChromiumHere)(
    'shows one state in all components while commits come during a transition (with Chromium)',
    { timeout: 90_000 },
    () =>
      withScene(async (directory) => {
        await start(directory);
        let isWriting = true;
        const writing = (async () => {
          for (let i = 0; isWriting; i++) await writer.set('/app/counter', `${i}`);
        })();
        await tab.evaluate('show_bare()');
        await tab.until('said.shown_bare === 40');
        await tab.evaluate('show_hooks()');
        await tab.until('said.shown_hooks === 40');
        isWriting = false;
        await writing;
        const torn = await said('torn');
        expect(torn.hooks).toBe(0);
        // So that it could have been seen: what reads without the hooks tears.
        expect(torn.bare).toBeGreaterThan(0);
      }),
  );

  it.runIf(isChromiumHere)(
    'W8 says since when it may be old while the server is away, and goes on afterwards (with Chromium)',
    { timeout: 90_000 },
    () =>
      withScene(async (directory) => {
        await start(directory);
        await server.program.kill();
        await tab.until(
          `/^(waiting|connecting) stale number$/.test(document.querySelector('#status').textContent)`,
        );
        expect(await tab.evaluate(`document.querySelector('#motd').textContent`)).toBe('hello');
        await startAgain();
        await shows('status', 'open live undefined');
        await writer.set('/app/motd', 'again');
        await shows('motd', 'again');
        expect([await said('errors'), await said('violations')]).toEqual([[], []]);
      }),
  );
});
