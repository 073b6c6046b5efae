import type { Client } from '@confer/client';
import { lock, register } from '@confer/client/coordination';
import { describe, expect, it, vi } from 'vitest';
import { clusterProblem, withCluster } from './scene.ts';

const CONTENDERS = 4;
const TURNS = 5;
const TTL_MS = 8_000;

/** A resource that refuses who comes with an older token, and knows who believes to hold the lock. */
class Fenced {
  readonly tokens: number[] = [];
  readonly problems: string[] = [];
  #holders = 0;

  enter(token: number): void {
    if (++this.#holders > 1) this.problems.push(`two hold it with ${token}`);
    if (token <= (this.tokens.at(-1) ?? 0)) this.problems.push(`${token} is not above`);
    this.tokens.push(token);
  }

  leave(): void {
    this.#holders--;
  }
}

/** Takes the lock so many times. Who is told that it was lost is out at once. */
async function contend(client: Client, fenced: Fenced): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) {
    await using held = await lock(client, 'one', { ttlMs: TTL_MS });
    fenced.enter(held.fencingToken);
    let isIn = true;
    const leave = () => {
      if (isIn) fenced.leave();
      isIn = false;
    };
    held.signal.addEventListener('abort', leave);
    await client.set('/turn', String(held.fencingToken)).catch(() => {});
    leave();
  }
}

describe.skipIf(clusterProblem !== undefined)(
  'locks of a cluster (where etcd is installed)',
  { timeout: 120_000 },
  () => {
    it('S2 are held by one at a time through two gateways, whichever of them is killed meanwhile', async () => {
      await withCluster({ gateways: 2 }, async (cluster) => {
        const [first, second] = [cluster.gateway(0), cluster.gateway(1)];
        const urls = [first.url, second.url];
        const fenced = new Fenced();
        const clients = Array.from({ length: CONTENDERS }, (_, i) =>
          cluster.client(i % 2 === 0 ? urls : urls.toReversed(), {
            timeouts: { requestMs: 30_000 },
          }),
        );
        const all = Promise.all(clients.map((client) => contend(client, fenced)));
        await vi.waitUntil(() => fenced.tokens.length >= 3, { timeout: 30_000 });
        await first.kill('SIGKILL');
        await vi.waitUntil(() => fenced.tokens.length >= 8, { timeout: 60_000 });
        await first.start();
        await second.kill('SIGKILL');
        await all;
        expect(fenced.problems).toEqual([]);
        expect(fenced.tokens).toHaveLength(CONTENDERS * TURNS);
        await second.start();
        const left = await cluster.client([second.url]).list('/locks/one');
        expect(left.entries).toEqual([]);
      });
    });

    it('W7 instances of a service are the same through both gateways, and go when they are taken out', async () => {
      await withCluster({ gateways: 2 }, async (cluster) => {
        const [one, other] = [0, 1].map((i) => cluster.client([cluster.gateway(i).url]));
        if (one === undefined || other === undefined) throw new Error('there are two');
        const registration = await register(one, 'orders', { id: 'a', address: '10.0.0.7:80' });
        const mirror = other.mirror('/services/orders');
        await mirror.ready();
        await vi.waitUntil(() => mirror.size === 1, { timeout: 10_000 });
        await registration.deregister();
        await vi.waitUntil(() => mirror.size === 0, { timeout: 10_000 });
      });
    });
  },
);
