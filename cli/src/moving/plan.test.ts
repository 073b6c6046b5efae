import { type Client, ConflictError, connect } from '@confer/client';
import type { Entry } from '@confer/shared';
import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../../shared/src/test-support/seeded-random.ts';
import { startServer } from '../scene.contract.ts';
import { planMove } from './plan.ts';

const entry = (path: string, modRevision = 1): Entry => ({
  ...{
    path,
    value: path,
    createRevision: 1,
    modRevision,
    version: 1,
    updatedAt: 0,
    updatedBy: 'a',
  },
});

describe('the plan of a move', () => {
  it('lets go of each source before it puts a target, each held to what was read', () => {
    const sources = [entry('/a', 3), entry('/a/b', 5)];
    expect(planMove({ from: '/a', to: '/c', sources, existing: [], isMove: true })).toEqual({
      operations: [
        { type: 'delete', path: '/a' },
        { type: 'delete', path: '/a/b' },
        { type: 'put', path: '/c', value: '/a' },
        { type: 'put', path: '/c/b', value: '/a/b' },
      ],
      conditions: [
        { path: '/a', modRevision: 3 },
        { path: '/a/b', modRevision: 5 },
        { path: '/c', modRevision: 0 },
        { path: '/c/b', modRevision: 0 },
      ],
      ...{ overwritten: [], problems: [] },
    });
  });

  it('lets what lives by a lease go with it where it is now, too, and a copy of it stay', () => {
    const sources = [{ ...entry('/a'), lease: '00000000000000ab' }];
    const puts = (isMove: boolean) =>
      planMove({ from: '/a', to: '/b', sources, existing: [], isMove }).operations.filter(
        ({ type }) => type === 'put',
      );
    const put = { type: 'put', path: '/b', value: '/a' };
    expect(puts(true)).toEqual([{ ...put, lease: '00000000000000ab' }]);
    expect(puts(false)).toEqual([put]);
  });

  it('of a copy holds only the targets to what they are', () => {
    const plan = planMove({
      ...{ from: '/a', to: '/c', sources: [entry('/a/x')], isMove: false },
      existing: [entry('/c/x', 7), entry('/c/y', 8)],
    });
    expect(plan).toMatchObject({
      conditions: [{ path: '/c/x', modRevision: 7 }],
      overwritten: ['/c/x'],
    });
  });

  it('takes a target that moves away itself for free, and names what no path can be', () => {
    const sources = [entry('/a/b', 2), entry('/a/b/b', 3)];
    const up = planMove({ from: '/a/b', to: '/a', sources, existing: sources, isMove: true });
    expect(up.overwritten).toEqual([]);
    expect(up.conditions).toEqual([
      { path: '/a/b', modRevision: 2 },
      { path: '/a/b/b', modRevision: 3 },
      { path: '/a', modRevision: 0 },
    ]);
    const deep = `/${Array.from({ length: 64 }, () => 'x').join('/')}`;
    const { problems } = planMove({
      ...{ from: '/a', to: deep, sources: [entry('/a/b')], existing: [], isMove: true },
    });
    expect(problems).toEqual([expect.stringContaining('at most 64 segments')]);
    const root = planMove({ from: '/a', to: '/', sources, existing: [], isMove: true });
    expect(root.operations).toContainEqual({ type: 'put', path: '/b/b', value: '/a/b/b' });
  });
});

/** One try of a move, as `confer mv -r` makes it. Whether it was made. */
async function tryMove(client: Client, from: string, to: string): Promise<boolean> {
  const sources = (await client.list(from)).entries;
  if (sources.length === 0) return false;
  const existing = (await client.list(to)).entries;
  const { overwritten, ...plan } = planMove({ from, to, sources, existing, isMove: true });
  if (overwritten.length > 0) return false;
  return client
    .commit({ conditions: plan.conditions, operations: plan.operations })
    .then(() => true, refused);
}

function refused(error: unknown): boolean {
  if (error instanceof ConflictError) return false;
  throw error;
}

it('S3 what several move at once and others write to is there once, and no write is lost', async () => {
  const server = await startServer();
  const clients = Array.from({ length: 4 }, () => connect(server.url));
  const [writer] = clients;
  if (writer === undefined) throw new Error('nobody');
  await writer.set('/place/0/counter', '0');
  let written = 0;
  let moves = 0;
  const isEnough = () => Math.min(written, moves) >= 20;
  const random = new SeededRandom(7).next;
  const place = () => `/place/${Math.floor(random() * 4)}`;
  // Who goes on without a pause leaves no time for others.
  const pause = async (client: Client) => {
    for (let asks = random() * 15; asks > 0; asks--) await client.get('/elsewhere');
  };
  const [, ...movers] = clients;
  await Promise.all([
    ...movers.map(async (client) => {
      while (!isEnough()) {
        const [from, to] = [place(), place()];
        await pause(client);
        if (from !== to && (await tryMove(client, from, to))) moves++;
      }
    }),
    (async () => {
      while (!isEnough()) {
        await pause(writer);
        const [counter] = (await writer.list('/place')).entries;
        if (counter === undefined) throw new Error('the counter is lost');
        const { path, value, modRevision } = counter;
        const next = String(Number(value) + 1);
        const isDone = await writer
          .set(path, next, { ifRevision: modRevision })
          .then(() => true, refused);
        if (isDone) written++;
      }
    })(),
  ]);
  const { entries } = await writer.list('/place');
  expect(entries.map(({ value }) => value)).toEqual([String(written)]);
  await Promise.all(clients.map((client) => client.close()));
  await server.close();
});
