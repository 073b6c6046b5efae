import { leaseLimits } from '@confer/shared';
import { describe, expect, it } from 'vitest';
import { type GuardedScene, startGuarded } from '../test-support/guarded-scene.ts';
import type { RawClient } from '../test-support/raw-client.ts';

const write = (on: string) => ({ verbs: ['read', 'write'] as const, on });

async function granted(scene: GuardedScene, client: RawClient, requestId = 'g'): Promise<string> {
  const reply = await scene.ask(client, (id) => ({
    ...{ type: 'grantLease', id, requestId, ttlMs: 10_000 },
  }));
  if (reply.type !== 'leases') throw new Error(JSON.stringify(reply));
  return reply.leases[0]?.lease ?? '';
}

function put(path: string, lease: string, requestId: string) {
  const operations = [{ type: 'put', path, value: '1', lease } as const];
  return (id: number) => ({ type: 'commit', id, requestId, operations }) as const;
}

describe('a lease of somebody else', () => {
  it('takes no entry of others, is not kept alive by them, and neither seen nor revoked', async () => {
    const scene = await startGuarded();
    const owner = await scene.guest('owner', [write('/a')]);
    const other = await scene.guest('other', [write('/')]);
    const lease = await granted(scene, owner);
    const denied = { type: 'error', code: 'forbidden' };
    expect(await scene.ask(other, put('/a/x', lease, 'p'))).toMatchObject(denied);
    expect(await scene.ask(other, (id) => ({ type: 'readLease', id, lease }))).toMatchObject(
      denied,
    );
    expect(
      await scene.ask(other, (id) => ({ type: 'revokeLease', id, requestId: 'v', lease })),
    ).toMatchObject(denied);
    expect(
      await scene.ask(other, (id) => ({ type: 'keepAlive', id, leases: [lease] })),
    ).toMatchObject({ type: 'leases', leases: [] });
    expect(await scene.ask(other, (id) => ({ type: 'listLeases', id }))).toMatchObject({
      leases: [],
    });
    expect(await scene.ask(owner, put('/b', lease, 'q'))).toMatchObject(denied);
    expect(await scene.ask(owner, put('/a/x', lease, 'r'))).toMatchObject({ type: 'committed' });
  });

  it('is another one than that of the same request of its owner (S4)', async () => {
    const scene = await startGuarded();
    const owner = await scene.guest('owner', [write('/a')]);
    const other = await scene.guest('other', [write('/')]);
    expect(await granted(scene, other, 'same')).not.toBe(await granted(scene, owner, 'same'));
  });

  it('is seen and revoked by who operates the server, who is told its paths only where he may read them', async () => {
    const scene = await startGuarded();
    const owner = await scene.guest('owner', [write('/a')]);
    const operator = await scene.guest('operator', [{ verbs: ['operate'], on: '/' }]);
    const lease = await granted(scene, owner);
    await scene.ask(owner, put('/a/x', lease, 'p'));
    const read = (id: number) => ({ type: 'readLease', id, lease }) as const;
    expect(await scene.ask(owner, read)).toMatchObject({ paths: ['/a/x'] });
    expect(await scene.ask(scene.admin, read)).toMatchObject({ paths: ['/a/x'] });
    const told = await scene.ask(operator, read);
    expect(told).toMatchObject({ leases: [{ owner: 'owner', entries: 1 }] });
    expect(told).not.toHaveProperty('paths');
    expect(await scene.ask(operator, (id) => ({ type: 'listLeases', id }))).toMatchObject({
      leases: [{ lease, owner: 'owner', ttlMs: 10_000, entries: 1 }],
    });
    expect(
      await scene.ask(operator, (id) => ({ type: 'revokeLease', id, requestId: 'v', lease })),
    ).toMatchObject({ type: 'committed', deletes: 1 });
    expect(scene.engine.reads.get('/a/x')).toBeUndefined();
  });

  it('is not kept alive any more by an owner who has lost all rights, and ends', async () => {
    const scene = await startGuarded();
    const owner = await scene.guest('owner', [write('/a')]);
    const lease = await granted(scene, owner);
    await scene.ask(owner, put('/a/x', lease, 'p'));
    await scene.setRole({ name: 'owner' });
    expect(
      await scene.ask(owner, (id) => ({ type: 'keepAlive', id, leases: [lease] })),
    ).toMatchObject({ code: 'forbidden' });
    await scene.clock.advance(10_000);
    await scene.settle();
    expect(scene.engine.reads.get('/a/x')).toBeUndefined();
  });

  it('counts for its owner alone: one who has as many as one may have stops nobody else', async () => {
    const scene = await startGuarded();
    const greedy = await scene.guest('greedy', [write('/a')]);
    const other = await scene.guest('other', [write('/b')]);
    const { leasesOfPrincipalMax } = leaseLimits;
    let id = 1;
    for (; id <= leasesOfPrincipalMax; id++) {
      greedy.send({ type: 'grantLease', id, requestId: `g${id}`, ttlMs: 600_000 });
      if (id % 500 === 0) await scene.settle();
    }
    greedy.received.splice(0);
    const refused = await scene.ask(greedy, (number) => ({
      ...{ type: 'grantLease', id: number, requestId: 'more', ttlMs: 600_000 },
    }));
    expect(refused).toMatchObject({ type: 'error', code: 'too_many_leases' });
    const lease = await granted(scene, other);
    const listed = await scene.ask(other, (number) => ({ type: 'listLeases', id: number }));
    expect(listed).toMatchObject({ leases: [{ lease }] });
    expect(listed).not.toHaveProperty('next');
    const pages = [];
    for (let after: string | undefined; ; ) {
      const about = after === undefined ? {} : { after };
      const page = await scene.ask(greedy, (number) => ({
        ...{ type: 'listLeases', id: number, ...about },
      }));
      if (page.type !== 'leases') throw new Error(JSON.stringify(page));
      pages.push(...page.leases.map((each) => each.lease));
      after = page.next;
      if (after === undefined) break;
    }
    expect(new Set(pages).size).toBe(leasesOfPrincipalMax);
    expect(pages).toHaveLength(leasesOfPrincipalMax);
    expect(greedy.closed).toBeUndefined();
  });
});
