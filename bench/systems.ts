import { baselineDriver } from './load/baseline.ts';
import { conferDriver } from './load/confer.ts';
import type { Driver, Store } from './load/driver.ts';
import { etcdDriver } from './load/etcd.ts';
import { natsDriver } from './load/nats.ts';
import { redisDriver } from './load/redis.ts';
import { baselinePeer } from './peers/baseline.ts';
import { conferAuthPeer, conferPeer, conferWsPeer } from './peers/confer.ts';
import { etcdPeer } from './peers/etcd.ts';
import { natsPeer } from './peers/nats.ts';
import type { Peer } from './peers/peer.ts';
import { redisPeer } from './peers/redis.ts';

/** What becomes of a write, when it is acknowledged: on the disk for sure, or nowhere. */
type Persistence = 'synced' | 'nothing kept';

/** What is compared: a program, used in one way. */
export interface System {
  readonly peer: Peer;
  readonly driver: Driver;
  /** Of what subscribers are told of, and of what is only written. */
  readonly keeps: { readonly published: Persistence; readonly written: Persistence };
}

const SYNCED = { published: 'synced', written: 'synced' } as const;
const NOTHING = { published: 'nothing kept', written: 'nothing kept' } as const;

const all = {
  confer: { peer: conferPeer, driver: conferDriver, keeps: SYNCED },
  'confer-ws': { peer: conferWsPeer, driver: conferDriver, keeps: SYNCED },
  'confer-auth': { peer: conferAuthPeer, driver: conferDriver, keeps: SYNCED },
  baseline: { peer: baselinePeer, driver: baselineDriver, keeps: NOTHING },
  etcd: { peer: etcdPeer, driver: etcdDriver, keeps: SYNCED },
  redis: {
    peer: redisPeer,
    driver: redisDriver,
    keeps: { published: 'nothing kept', written: 'synced' },
  },
  nats: { peer: natsPeer, driver: natsDriver, keeps: NOTHING },
} satisfies Record<string, System>;

export type SystemName = keyof typeof all;

export const systems: Readonly<Record<SystemName, System>> = all;

export const systemNames = Object.keys(all) as readonly SystemName[];

/** What a change of Confer is judged by. */
export const ours: readonly SystemName[] = ['confer', 'baseline'];

/** All but what only says something of Confer, and is measured where it is named. */
export const compared: readonly SystemName[] = systemNames.filter(
  (name) => name !== 'confer-ws' && name !== 'confer-auth',
);

/** What the quick profile has time for. */
export const quick: readonly SystemName[] = [...ours, 'etcd', 'redis', 'nats'];

/** Those that keep what can be read, with a store as `which` asks for. */
export function storing(which: (store: Store) => boolean = () => true): readonly SystemName[] {
  return systemNames.filter((name) => {
    const { store } = systems[name].driver;
    return store !== undefined && which(store);
  });
}
