import type { Clock } from '@confer/shared';
import { afterAll, describe, expect, it } from 'vitest';
import { describeEngine } from '../../../server/src/engine/contract/engine.contract.ts';
import {
  type EngineTestOptions,
  failureOf,
  Scene,
  TestClock,
} from '../../../server/src/engine/contract/scene.contract.ts';
import type { Engine } from '../../../server/src/engine/engine.ts';
import { SeededRandom } from '../../../shared/src/test-support/seeded-random.ts';
import { DiskFaults, type DiskState } from './disk-faults.ts';
import { DurableStore } from './durable-store.ts';

const random = new SeededRandom(1);
const stores = new WeakMap<Engine, DurableStore>();
let ids = 0;

async function openOn(store: DurableStore, clock: Clock, options: EngineTestOptions = {}) {
  const { tombstonesMax = 1_000 } = options;
  const newId = () => `id-${ids++}`;
  const engine = await store.open({ clock, newId, tombstonesMax, defer: setImmediate });
  stores.set(engine, store);
  return engine;
}

function newStore(faults = new DiskFaults(random)): DurableStore {
  return DurableStore.make({ random, faults, delayMaxMs: 0 });
}

for (let i = 0; i < 3; i++)
  describeEngine(`the LMDB engine on a model of its disk, number ${i}`, {
    open: (clock, options) => openOn(newStore(), clock, options),
    reopen: (closed, clock) => openOn(stores.get(closed) ?? newStore(), clock),
  });

describe('a write that is sent again when the storage takes no more', () => {
  const engines: Engine[] = [];
  afterAll(() => Promise.all(engines.map((engine) => engine.close())));

  async function sceneOn(faults: DiskFaults): Promise<Scene> {
    const engine = await openOn(newStore(faults), new TestClock());
    engines.push(engine);
    return new Scene(engine, new TestClock());
  }

  it.each<DiskState>(['full', 'failing'])(
    'S4 is answered as at first, and not called refused, while the disk is %s',
    async (state) => {
      const faults = new DiskFaults(random);
      const scene = await sceneOn(faults);
      const first = await scene.put('/a', '1', { requestId: 'first' });
      faults.become(state);
      for (let i = 0; i < 20; i++) {
        const failure = await scene.put('/a', '2', { requestId: `next-${i}` }).then(
          () => undefined,
          (error: unknown) => String(error),
        );
        if (failure !== undefined) break;
      }
      expect(await scene.put('/a', '1', { requestId: 'first' })).toEqual(first);
    },
  );

  it('S4 is of unknown outcome until the next start, if it was when it was sent first', async () => {
    const faults = new DiskFaults(random);
    const scene = await sceneOn(faults);
    const first = await scene.put('/a', '1', { requestId: 'first' });
    faults.become('failing');
    let unknown: string | undefined;
    for (let i = 0; unknown === undefined; i++) {
      const requestId = `next-${i}`;
      const code = await scene.put('/a', requestId, { requestId }).then(
        () => 'written',
        (error) => error.code,
      );
      if (code === 'outcome_unknown') unknown = requestId;
    }
    expect(scene.engine.health.current.kind).toBe('failed');
    const again = (requestId: string) => scene.put('/a', 'again', { requestId });
    const unknownId = unknown;
    expect((await failureOf(() => again(unknownId))).code).toBe('outcome_unknown');
    expect((await failureOf(() => again('new'))).code).toBe('unavailable');
    expect(await again('first')).toEqual(first);
  });
});
