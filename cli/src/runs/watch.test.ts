import { createServer, type Server } from '@confer/server';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { confer as conferAt, type Ran, startServer } from '../scene.contract.ts';

let server: Server;
beforeEach(async () => {
  server = await startServer();
});
afterEach(() => server.close());

const at = () => ({ CONFER_URL: server.url });
const set = (path: string, value: string, ...more: string[]) =>
  conferAt(['set', path, value, ...more], { env: at() });

/** A watch that runs beside the test. */
class Watching {
  out = '';
  err = '';
  readonly ended: Promise<Ran>;
  readonly #interrupt = new AbortController();
  #check = () => {};

  constructor(...args: readonly string[]) {
    this.ended = conferAt(['watch', ...args], {
      env: at(),
      signal: this.#interrupt.signal,
      onOutput: (out, err) => {
        this.out = out;
        this.err = err;
        this.#check();
      },
    });
  }

  /** Resolves once the output is as wanted. */
  until(holds: (watching: Watching) => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#check = () => {
        if (holds(this)) resolve();
      };
      this.#check();
    });
  }

  lines(count: number): Promise<void> {
    return this.until(({ out }) => out.split('\n').length > count);
  }

  records() {
    return this.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  }

  interrupt(): Promise<Ran> {
    this.#interrupt.abort('SIGINT');
    return this.ended;
  }
}

describe('watch', () => {
  test('-o ndjson prints one line a change, and nothing of its neighbours', async () => {
    const watching = new Watching('/shop', '-o', 'ndjson');
    await watching.until(({ err }) => err.includes('watching /shop from revision 0'));
    await set('/shopping', 'x');
    await set('/shop/port', '8080', '--note', 'why');
    await conferAt(['rm', '/shop/port'], { env: at() });
    await watching.lines(2);
    const about = { time: expect.any(Number), actor: 'tester' };
    expect(watching.records()).toEqual([
      {
        revision: 2,
        type: 'put',
        path: '/shop/port',
        value: '8080',
        ...about,
        note: 'why',
        createRevision: 2,
        modRevision: 2,
        version: 1,
      },
      { revision: 3, type: 'delete', path: '/shop/port', cause: 'removed', ...about },
    ]);
    await watching.interrupt();
  });

  test('an interrupt is exit 130 and tells where to go on', async () => {
    await set('/shop/a', '1');
    const watching = new Watching('/shop');
    await watching.until(({ err }) => err.includes('watching'));
    await set('/shop/a', '2');
    await watching.lines(1);
    const { exitCode, err } = await watching.interrupt();
    expect(exitCode).toBe(130);
    expect(err).toContain('stopped; to go on: confer watch /shop --since 2\n');
  });

  test('--since begins after that revision', async () => {
    for (const value of ['1', '2', '3']) await set('/shop/a', value);
    const watching = new Watching('/shop', '--since', '1', '-o', 'ndjson');
    await watching.lines(2);
    expect(watching.records().map(({ value }) => value)).toEqual(['2', '3']);
    await watching.interrupt();
  });

  test('--initial begins with what is there, and loses nothing up to the first change', async () => {
    await set('/shop/a', '1');
    const watching = new Watching('/shop', '--initial', '-o', 'ndjson');
    const writes = Array.from({ length: 20 }, (_, i) => set('/shop/a', `w${i}`));
    await Promise.all(writes);
    await set('/shop/a', 'last');
    await watching.until(({ out }) => out.includes('"last"'));
    const [first, ...rest] = watching.records();
    expect(first).toMatchObject({ type: 'put', path: '/shop/a', initial: true });
    const revisions = rest.map(({ revision }) => revision);
    expect(revisions).toEqual(revisions.map((_, i) => first.revision + 1 + i));
    await watching.interrupt();
  });

  test('a revision that has not happened is exit 7', async () => {
    const { exitCode, err } = await new Watching('/shop', '--since', '99').ended;
    expect(err).toContain('error[future_revision]');
    expect(exitCode).toBe(7);
  });

  test('waits for its server, and warns loudly when another history is there', async () => {
    const { port } = server;
    await server.close();
    const watching = new Watching('/shop');
    await watching.until(({ err }) => err.startsWith('no connection to '));
    const start = () => createServer({ engine: 'memory', port, transport: 'ws' });
    server = await start();
    await vi.waitFor(() => expect(server.status().watches).toBe(1), 10_000);
    await set('/shop/a', '1');
    await watching.lines(1);
    await server.close();
    server = await start();
    await watching.until(({ err }) => err.includes('may have been missed'));
    await watching.until(({ err }) => err.endsWith('from revision 0\n'));
    const { err } = await watching.interrupt();
    expect(err.replaceAll(server.url, 'URL').replaceAll(/\(.*\)/g, '(why)')).toBe(
      `no connection to URL yet (why); trying again
connected to URL
watching /shop from revision 0
connection to URL lost (why); trying again
connected to URL
warning: the server has another history now (why); changes after revision 1 may have been missed; going on from now
watching /shop from revision 0
stopped; to go on: confer watch /shop --since 0
`,
    );
  });
});
