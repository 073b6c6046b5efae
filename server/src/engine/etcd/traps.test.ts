import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EtcdProcess, etcdProblem } from '../../test-support/etcd-process.ts';
import { type GatewayOptions, Gateways } from '../../test-support/gateways.ts';
import { failureOf, wholeCommit } from '../contract/scene.contract.ts';

const problem = etcdProblem();
if (problem !== undefined) console.info(`skipped, what etcd does beside its documents: ${problem}`);

const put = (path: string, value = 'v') => ({ type: 'put', path, value }) as const;

describe.skipIf(problem !== undefined)('gateways over a real etcd (where one is installed)', () => {
  let etcd: EtcdProcess;
  const gateways = new Gateways('trap', () => etcd);
  const gateway = (options?: Partial<GatewayOptions>) => gateways.open(options);

  beforeAll(async () => {
    etcd = await EtcdProcess.alone();
  });
  afterAll(() => etcd.remove());
  afterEach(() => gateways.close());

  it('S3 W4 show a commit of 20,000 entries at once, on each gateway, though it comes in pieces', async () => {
    const [a, b] = [await gateway(), await gateway()];
    const operations = Array.from({ length: 20_000 }, (_, i) => put(`/big/${i}`, 'x'.repeat(20)));
    const { revision, puts } = await a.commit(operations);
    expect(puts).toBe(20_000);
    expect(await b.shows(revision)).toBe(true);
    for (const { engine, events } of [a, b]) {
      expect(engine.reads.entryCount).toBe(20_000);
      const commits = events.flatMap((event) => (event.kind === 'commits' ? event.commits : []));
      expect(commits.map(({ changes }) => changes.length)).toEqual([20_000]);
    }
    const removal = await b.remove('/big');
    expect(removal.deletes).toBe(20_000);
    expect(await a.shows(removal.revision)).toBe(true);
    expect(a.values()).toEqual([]);
  });

  it.each([1, 60, 61, 125, 126, 129, 4_000, 10_000])(
    'S3 make %i operations one commit',
    async (count) => {
      const only = await gateway();
      const { revision, puts } = await only.commit(
        Array.from({ length: count }, (_, i) => put(`/n/${i}`)),
      );
      expect(puts).toBe(count);
      const entries = [...only.engine.reads.scan({ subtree: '/n', at: revision })];
      expect(new Set(entries.map(({ modRevision }) => modRevision))).toEqual(new Set([revision]));
    },
  );

  it.each([1, 60, 61, 200])(
    'S2 judge %i conditions, and make nothing where one does not hold',
    async (count) => {
      const [a, b] = [await gateway(), await gateway()];
      const paths = Array.from({ length: count }, (_, i) => `/c/${i}`);
      const { revision } = await a.commit(paths.map((path) => put(path)));
      const conditions = paths.map((path) => ({ path, modRevision: revision }));
      await b.commit([put('/made')], { conditions });
      const last = paths.at(-1) ?? '';
      const changed = await a.put(last, 'changed');
      const error = await failureOf(() => b.commit([put('/not')], { conditions }));
      expect(error).toMatchObject({
        code: 'conflict',
        details: { path: last, current: { value: 'changed', modRevision: changed.revision } },
      });
      expect(b.values('/not')).toEqual([]);
    },
  );

  it('refuse what is too large for a request, naming the limit, and write nothing', async () => {
    const only = await gateway();
    const half = 'x'.repeat(700 * 1024);
    await only.commit([put('/a', half), put('/b', half)]);
    const error = await failureOf(() =>
      only.commit([put('/c', half), put('/d', half), put('/e', half)]),
    );
    expect(error.code).toBe('too_large');
    expect(error.message).toContain('1571840');
    const many = Array.from({ length: 90_000 }, (_, i) => put(`/many/${i}`));
    expect((await failureOf(() => only.commit(many))).code).toBe('too_large');
    expect(only.values().map((text) => text.slice(0, 2))).toEqual(['/a', '/b']);
  });

  it('S6 remove a subtree and no sibling, and from the root nothing that is the engine’s own', async () => {
    const only = await gateway();
    const paths = [
      '/app',
      '/app/x',
      '/app/x/y',
      '/app-x',
      '/app.x',
      '/app0',
      '/apple',
      '/.conf',
      '/.confer-x',
    ];
    await only.commit(paths.map((path) => put(path)));
    expect(await only.remove('/app')).toMatchObject({ deletes: 3 });
    expect(only.values()).toEqual(
      ['/.conf', '/.confer-x', '/app-x', '/app.x', '/app0', '/apple'].map((path) => `${path}=v`),
    );
    const { epoch } = only.engine;
    await only.commit([{ type: 'delete', path: '/', recursive: true }, put('/app/kept')]);
    expect(only.values()).toEqual(['/app/kept=v']);
    expect((await gateway()).engine.epoch).toBe(epoch);
    expect(only.kinds).not.toContain('end');
  });

  it('W7 show what others put below the prefix, and pass over what is no path and no text', async () => {
    const a = await gateway();
    const raw = (key: string, value: Buffer) =>
      etcd.post('kv/put', {
        key: Buffer.from(`${gateways.prefix}${key}`).toString('base64'),
        value: value.toString('base64'),
      });
    await raw('/tool', Buffer.from('by hand'));
    await raw('//x', Buffer.from('no path'));
    await raw('/a/../b', Buffer.from('no path'));
    await raw('/binary', Buffer.of(0xff, 0xfe, 0x00));
    await raw('/bom', Buffer.from('\ufeffmarked'));
    await raw('/long', Buffer.alloc(1024 * 1024 + 1, 0x61));
    await raw('/binary', Buffer.from('text now'));
    await raw('/tool', Buffer.of(0xff));
    await expect
      .poll(() => a.values(), { timeout: 5_000 })
      .toEqual(['/binary=text now', '/bom=\ufeffmarked']);
    expect(a.engine.reads.get('/binary')).toMatchObject({
      updatedBy: 'etcd',
      updatedAt: 0,
      version: 2,
    });
    await a.put('/tool', 'mended');
    expect(a.engine.reads.get('/tool')).toMatchObject({ version: 3, updatedBy: 'ann' });
    expect(a.notices.filter((notice) => notice.includes('no paths'))).toHaveLength(1);
    const b = await gateway();
    expect(b.values()).toEqual(a.values());
    expect(b.engine.reads.get('/tool')).toEqual(a.engine.reads.get('/tool'));
    expect(a.kinds).not.toContain('jump');
  });

  it('S4 know a request that another gateway made, with its outcome', async () => {
    const [a, b] = [await gateway(), await gateway()];
    await a.commit(['/s/1', '/s/2', '/s/3'].map((path) => put(path)));
    const removal = [{ type: 'delete', path: '/s', recursive: true } as const, put('/s/new')];
    const first = await a.commit(removal, { requestId: 'once' });
    expect(first).toMatchObject({ puts: 1, deletes: 3 });
    await a.put('/s/new', 'later');
    expect(await b.commit(removal, { requestId: 'once' })).toEqual(first);
    // Also where it is not in history any more, as long as etcd knows what was before.
    await b.engine.maintenance.compact(b.engine.reads.revision);
    expect(await a.commit(removal, { requestId: 'once' })).toMatchObject({
      revision: first.revision,
    });
    expect(a.values()).toEqual(['/s/new=later']);
    const other = await failureOf(() => b.put('/s/new', 'other', { requestId: 'once' }));
    expect(other.code).toBe('invalid_message');
  });

  it('W5 start with the history that etcd has, as others know it, with times and authors', async () => {
    const a = await gateway();
    await a.put('/h', '1', { note: 'first' });
    await a.put('/h', '2', { actor: 'bob' });
    await a.remove('/h');
    await a.put('/h', '3');
    const b = await gateway();
    const from = a.engine.reads.compactedRevision;
    const history = [...a.engine.reads.history(from)].map(wholeCommit);
    expect(history).toHaveLength(4);
    expect(
      [...b.engine.reads.history(Math.max(from, b.engine.reads.compactedRevision))].map(
        wholeCommit,
      ),
    ).toEqual(history);
  });

  it('S5 keep times and never take one for older than it is, with clocks an hour apart', async () => {
    const hour = 3_600_000;
    const skewed = (by: number) => ({
      clock: {
        now: () => Date.now() + by,
        setTimer: (delayMs: number, run: () => void) => {
          const timer = setTimeout(run, delayMs);
          return { cancel: () => clearTimeout(timer) };
        },
      },
    });
    const [ahead, behind] = [await gateway(skewed(hour)), await gateway(skewed(-hour))];
    await ahead.put('/t', '1', { requestId: 'ahead' });
    await behind.put('/t', '2', { requestId: 'behind' });
    expect(await ahead.shows(behind.engine.reads.revision)).toBe(true);
    expect(ahead.engine.reads.get('/t')).toEqual(behind.engine.reads.get('/t'));
    const { revision } = await behind.put('/t', '3');
    // Neither clock makes a record of a moment ago old enough to go: the requests are known yet.
    for (const one of [ahead, behind]) {
      expect(await one.shows(revision)).toBe(true);
      await one.engine.maintenance.compact(revision);
    }
    await ahead.put('/t', '1', { requestId: 'ahead' });
    await ahead.put('/t', '2', { requestId: 'behind' });
    expect(ahead.engine.reads.get('/t')?.value).toBe('3');
  });
});
