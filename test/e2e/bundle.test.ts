import { createServer } from '@confer/server';
import { expect, it } from 'vitest';
import { Program } from '../support/process.ts';

const dist = (file: string) => new URL(`../../client/dist/${file}`, import.meta.url);
const TOUR = new URL('./tour.js', import.meta.url);

async function tour(build: URL, extras: URL): Promise<unknown> {
  const server = await createServer({ engine: 'memory', port: 0 });
  const program = new Program(TOUR.pathname, [build.href, extras.href, server.url]);
  const { code, stdout, stderr } = await program.finished;
  await server.close();
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}

it('W7 W12 the bundle, which is minified twice, does and says what the package does', async () => {
  const said = await tour(dist('browser.bundle.js'), dist('extras.bundle.js'));
  expect(said).toEqual(await tour(dist('index.js'), dist('extras.js')));
  expect(said).toContainEqual({ what: 'verify', value: true });
});

it('the bundle says what to load where a page asks for what is not in it', async () => {
  const server = await createServer({ engine: 'memory', port: 0 });
  const builds = ['browser.bundle.js', 'extras.bundle.js', 'coordination.bundle.js'].map(
    (file) => dist(file).href,
  );
  const script = new URL('./extras-tour.js', import.meta.url).pathname;
  const { code, stdout, stderr } = await new Program(script, [...builds, server.url]).finished;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const say = (what: string) => [
    ...['invalid_argument', `${what} needs connect(url, { extras }), from @confer/client/extras`],
  ];
  expect(JSON.parse(stdout)).toEqual({
    watch: say('client.watch'),
    txn: say('client.txn'),
    changes: say('mirror.changes'),
    commit: ['too_large', 'the request is larger than the 8388608 bytes that the server takes'],
    entriesWithout: 0,
    entriesWith: 12,
    decided: [true, '1'],
    numbers: ['/jobs/0000000004', '/jobs/0000000005'],
    isLive: true,
  });
  await server.close();
});

it('the bundle for rights goes on over a client of the first one, and throws its errors', async () => {
  const server = await createServer({ engine: 'memory', port: 0 });
  const script = new URL('./rights-tour.js', import.meta.url).pathname;
  for (const [client, admin] of [
    ['browser.bundle.js', 'admin.bundle.js'],
    ['index.js', 'admin.js'],
  ]) {
    const builds = [client ?? '', admin ?? ''].map((file) => dist(file).href);
    const { code, stdout, stderr } = await new Program(script, [...builds, server.url]).finished;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({
      ...{ kind: 'anyone', forbidden: 'forbidden', areOfOneClass: true },
    });
  }
  await server.close();
});

it('the bundle for flags answers out of a mirror of the first one', async () => {
  const server = await createServer({ engine: 'memory', port: 0 });
  const script = new URL('./flags-tour.js', import.meta.url).pathname;
  for (const [client, flags] of [
    ['browser.bundle.js', 'openfeature.bundle.js'],
    ['index.js', 'openfeature.js'],
  ]) {
    const builds = [client ?? '', flags ?? ''].map((file) => dist(file).href);
    const { code, stdout, stderr } = await new Program(script, [...builds, server.url]).finished;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({
      ...{ theme: { color: 'blue' }, code: 'FLAG_NOT_FOUND', isOfOneClass: true },
    });
  }
  await server.close();
});

it.each([
  ...['admin', 'config', 'coordination', 'history', 'metrics', 'openfeature', 'react'],
  ...['snapshot', 'tabs'],
])(
  'the bundle %s loads beside the first, and its errors are of one class with it',
  async (name) => {
    const shown: Record<string, unknown> = await import(dist(`${name}.bundle.js`).href);
    const first: Record<string, unknown> = await import(dist('browser.bundle.js').href);
    expect(Object.keys(shown).length).toBeGreaterThan(0);
    if (typeof shown.config !== 'function') return;
    const { ConferError } = first;
    const call = () => shown.config instanceof Function && shown.config({}, '/a', {});
    expect(call).toThrow(expect.objectContaining({ code: 'invalid_argument' }));
    expect(call).toThrow(ConferError instanceof Function ? ConferError.prototype.constructor : '');
  },
);
