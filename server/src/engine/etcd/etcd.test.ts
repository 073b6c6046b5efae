import type { Clock } from '@confer/shared';
import { afterAll, beforeAll, describe } from 'vitest';
import { EtcdProcess, etcdProblem } from '../../test-support/etcd-process.ts';
import { describeEngine } from '../contract/engine.contract.ts';
import type { EngineTestOptions } from '../contract/scene.contract.ts';
import type { Engine } from '../engine.ts';
import { connectCluster } from './client/grpc-cluster.ts';
import { openEtcdEngine } from './etcd-engine.ts';

const problem = etcdProblem();
if (problem !== undefined) console.info(`skipped, the etcd engine: ${problem}`);

describe.skipIf(problem !== undefined)('on a real etcd (where one is installed)', () => {
  let etcd: EtcdProcess;
  let prefixes = 0;
  let ids = 0;
  const prefixOf = new WeakMap<Engine, string>();

  beforeAll(async () => {
    etcd = await EtcdProcess.alone();
  });
  afterAll(() => etcd.remove());

  async function openAt(prefix: string, clock: Clock, options: EngineTestOptions = {}) {
    const engine = await openEtcdEngine({
      cluster: connectCluster({ endpoints: [etcd.url], defer: (run) => void setImmediate(run) }),
      prefix,
      // The test sets what time it is; silence and tries are counted by a real one.
      clock: {
        now: () => clock.now(),
        setTimer: (delayMs, run) => {
          const timer = setTimeout(run, delayMs);
          return { cancel: () => clearTimeout(timer) };
        },
      },
      uptimeMs: () => clock.now(),
      random: Math.random,
      newId: () => `id-${ids++}`,
      defer: (run) => void setImmediate(run),
      ...options,
    });
    prefixOf.set(engine, prefix);
    return engine;
  }

  describeEngine('the etcd engine', {
    open: (clock, options) => openAt(`/test-${prefixes++}/`, clock, options),
    reopen: (closed, clock) => openAt(prefixOf.get(closed) ?? '', clock),
  });
});
