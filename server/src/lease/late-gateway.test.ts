import { leasePath } from '@confer/shared';
import { describe, expect, it } from 'vitest';
import type { Engine, FeedEvent } from '../engine/engine.ts';
import { startGuarded } from '../test-support/guarded-scene.ts';

/** An engine as a gateway has it that is behind the cluster, and knows that only when it asks. */
class Late {
  #held: FeedEvent[] | undefined;
  #tell: (event: FeedEvent) => void = () => {};

  wrap = (engine: Engine): Engine => {
    const { name, supports, epoch, timelines, writes, health, maintenance } = engine;
    const barrier = () => {
      this.#catchUp();
      return Promise.resolve();
    };
    const reads = new Proxy(engine.reads, {
      get: (target, key) => {
        if (key === 'barrier') return barrier;
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    engine.feed.consume((event) => {
      if (this.#held === undefined) this.#tell(event);
      else this.#held.push(event);
    });
    const consume = (tell: (event: FeedEvent) => void) => {
      this.#tell = tell;
    };
    const close = () => engine.close();
    const whole = { name, supports, epoch, timelines, writes, health, maintenance };
    return { ...whole, reads, feed: { consume }, close };
  };

  fallBehind(): void {
    this.#held = [];
  }

  #catchUp(): void {
    const events = this.#held ?? [];
    this.#held = undefined;
    for (const event of events) this.#tell(event);
  }
}

const LEASE = '0000000000000abc';

async function start() {
  const late = new Late();
  const scene = await startGuarded({ wrap: late.wrap });
  const other = await scene.guest('other', [{ verbs: ['read', 'write'], on: '/a' }]);
  late.fallBehind();
  const value = JSON.stringify({ ttlMs: 60_000, owner: 'owner' });
  const put = { type: 'put', path: leasePath(LEASE), value, lease: LEASE } as const;
  const about = { actor: 'owner', requestId: 'granted elsewhere' };
  await scene.engine.writes.commit({ operations: [put], conditions: [], ...about });
  return { scene, other };
}

describe('a lease that another gateway has just granted to somebody else', () => {
  const denied = { type: 'error', code: 'forbidden' };

  it('is not revoked by others', async () => {
    const { scene, other } = await start();
    const revoke = (id: number) =>
      ({ type: 'revokeLease', id, requestId: 'v', lease: LEASE }) as const;
    expect(await scene.ask(other, revoke)).toMatchObject(denied);
    expect(scene.engine.reads.get(leasePath(LEASE))).toBeDefined();
  });

  it('takes no entry of others, by a commit or a transaction', async () => {
    const put = { type: 'put' as const, path: '/a/x', value: '1', lease: LEASE };
    const [first, second] = [await start(), await start()];
    const committed = await first.scene.ask(first.other, (id) => ({
      ...{ type: 'commit', id, requestId: 'c' },
      operations: [put],
    }));
    expect(committed).toMatchObject(denied);
    const decided = await second.scene.ask(second.other, (id) => ({
      ...{ type: 'txn', id, requestId: 't' },
      ...{ if: [], then: [put] },
    }));
    expect(decided).toMatchObject(denied);
    for (const { scene } of [first, second]) expect(scene.engine.reads.get('/a/x')).toBeUndefined();
  });
});
