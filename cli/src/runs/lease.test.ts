import type { Server } from '@confer/server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { confer as conferAt, startServer } from '../scene.contract.ts';

let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

const confer = (...args: readonly string[]) => conferAt(args, { env: { CONFER_URL: server.url } });
/** Runs a command that must succeed; its stdout. */
const ok = async (...args: readonly string[]) => {
  const ran = await confer(...args);
  expect(ran.exitCode, ran.err).toBe(0);
  return ran.out;
};
const granted = async (...args: readonly string[]) => (await ok('lease', 'grant', ...args)).trim();

describe('a lease', () => {
  test('is granted, named by entries, shown, and revoked with them', async () => {
    const id = await granted('1h', '--name', 'orders 7');
    expect(id).toMatch(/^[0-7][0-9a-f]{15}$/);
    await ok('set', '/a', '1', '--lease', id);
    await ok('set', '/b', '2');
    expect(await ok('ls', '-l', '/')).toMatch(new RegExp(`LEASE +PATH\\n.* ${id} +/a\\n`));
    expect(JSON.parse(await ok('get', '/a', '-o', 'json'))).toMatchObject({ lease: id });
    const shown = JSON.parse(await ok('lease', 'show', id, '-o', 'json'));
    expect(shown).toMatchObject({ id, name: 'orders 7', ttlMs: 3_600_000, paths: ['/a'] });
    expect(await ok('lease', 'show', id)).toContain('  /a\n');
    expect(await ok('lease', 'ls')).toMatch(new RegExp(`${id} +1h .*orders 7\\n`));
    expect(await ok('lease', 'ls', '-o', 'raw')).toContain(`${id}\n`);
    await ok('lease', 'keep-alive', id, '--once');
    expect(await ok('lease', 'revoke', id)).toMatch(
      /^revoked .* with one entry at revision \d+\n$/,
    );
    expect(await ok('ls', '/')).toBe('/b\n');
    expect(await ok('ls', '-l', '/')).not.toContain('LEASE');
  });

  test('that is over is exit 3, and says what to do', async () => {
    const id = await granted('1h');
    await ok('lease', 'revoke', id);
    for (const args of [
      ['lease', 'show', id],
      ['lease', 'keep-alive', id],
      ['lease', 'keep-alive', id, '--once'],
      ['set', '/c', '1', '--lease', id],
      ['set', '/c', '1', '--lease', 'nonsense'],
    ])
      expect(await confer(...args), args.join(' ')).toMatchObject({ exitCode: 3, out: '' });
    expect((await confer('set', '/c', '1', '--lease', id)).err).toContain('lease_not_found');
    expect(JSON.parse(await ok('lease', 'revoke', id, '-o', 'json'))).toMatchObject({ removed: 0 });
  });

  test.each(['1s', '1500ms', '25h', 'soon'])('is refused a TTL of %s', async (ttl) => {
    const { exitCode, err } = await confer('lease', 'grant', ttl);
    expect([exitCode, err]).toEqual([2, expect.stringContaining('error[usage]')]);
  });
});
