import { conferDriver } from './load/confer.ts';
import type { Driver } from './load/driver.ts';
import { etcdDriver } from './load/etcd.ts';
import { floorDriver } from './load/floor.ts';
import { conferPeer } from './peers/confer.ts';
import { etcdPeer } from './peers/etcd.ts';
import { floorPeer } from './peers/floor.ts';
import type { Peer } from './peers/peer.ts';

/** What is compared: a program, used in one way. */
export interface System {
  readonly peer: Peer;
  readonly driver: Driver;
}

const all = {
  confer: { peer: conferPeer, driver: conferDriver },
  floor: { peer: floorPeer, driver: floorDriver },
  etcd: { peer: etcdPeer, driver: etcdDriver },
} satisfies Record<string, System>;

export type SystemName = keyof typeof all;

export const systems: Readonly<Record<SystemName, System>> = all;

export const systemNames: readonly SystemName[] = ['confer', 'floor', 'etcd'];
