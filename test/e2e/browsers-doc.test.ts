import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { connect } from '@confer/client';
import { createServer } from '@confer/server';
import { describe, expect, it } from 'vitest';
import { Browser, isChromiumHere } from '../support/browser.ts';
import { bundlePage, WebApp } from '../support/page.ts';
import { withDirectory } from '../support/process.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const doc = read('docs/browsers.md');
const PAGE = 'test/e2e/browsers/page.jsx';

describe('the page about browsers', () => {
  it('shows parts of a page as they are', () => {
    const parts = read(PAGE)
      .split(/^\/\/ doc: .*$/m)
      .map((part) => part.trim());
    const blocks = [...doc.matchAll(/^```jsx?\n([\s\S]*?)^```$/gm)].map(([, block]) => block);
    expect(blocks.length).toBe(3);
    for (const block of blocks) expect(parts).toContain(block?.trim());
  });

  it('says how large each entry is', () => {
    const rows = [...doc.matchAll(/^\| `@confer\/client(?:\/([\w-]+))?` \|.*\| (\d+) \|$/gm)];
    expect(rows.length).toBe(12);
    for (const [, entry = 'browser', said] of rows) {
      const bytes = gzipSync(read(`client/dist/${entry}.bundle.js`), { level: 9 }).length;
      expect({ entry, kB: Math.ceil(bytes / 1000) }).toEqual({ entry, kB: Number(said) });
    }
  });

  it.runIf(isChromiumHere)('has a page that works (with Chromium)', { timeout: 60_000 }, () =>
    withDirectory(async (directory) => {
      const server = await createServer({ engine: 'memory', port: 0 });
      const writer = connect(server.url);
      await writer.set('/shop/title', 'Books');
      await writer.set('/shop/page-size', '19');
      const files = new Map([
        ['/page.js', await bundlePage(new URL('./browsers/page.jsx', import.meta.url))],
        ['/tab-worker.js', read('client/dist/tab-worker.bundle.js')],
      ]);
      const body = `<body data-server="${server.url}"><div id="root"></div>`;
      const app = await WebApp.serve(files, server.url.replace('http', 'ws'), body);
      const browser = await Browser.launch(join(directory, 'browser'));
      const tab = await browser.open(app.url);
      const heading = `document.querySelector('h1')?.textContent`;
      await tab.until(`${heading} === 'Books: 20 at a time'`);
      await tab.until(`document.querySelector('p') === null`);
      await expect.poll(() => writer.serverStatus()).toMatchObject({ watches: 2 });
      await writer.set('/shop/title', 'Maps');
      await tab.until(`${heading} === 'Maps: 20 at a time'`);
      await tab.until(`document.title === '/shop/title'`);
      await writer.close();
      await browser.close();
      app.close();
      await server.close();
    }),
  );
});
