import type { Commits, Position } from '@confer/shared';
import { type Step, step } from '../watch/watch-machine.ts';
import { initialState, type WatchEvent, type WatchState } from '../watch/watch-state.ts';
import { commit, entry, put } from './scene.ts';

export const at = (revision: number, epoch = 'e1'): Position => ({ epoch, revision });

export const commits = (from: number, to: number, rest: Partial<Commits> = {}): Commits => ({
  type: 'commits',
  watch: 'w1',
  from,
  to,
  commits: [commit(to, put('/a', `v${to}`))],
  ...rest,
});

/** Steps through `events`; the last step's outcome. */
export function run(state: WatchState, ...events: WatchEvent[]): Step {
  return events.reduce<Step>((last, event) => step(last.state, event), { state });
}

export const watching = (revision: number, epoch = 'e1'): WatchEvent => ({
  type: 'watching',
  revision,
  epoch,
});
export const difference = (from: number, to: number): WatchEvent => ({
  type: 'difference',
  watch: 'w1',
  from,
  to,
  changes: [{ type: 'put', entry: entry('/a', `v${to}`, to) }],
});
export const snapshot = (revision: number): WatchEvent => ({
  type: 'snapshot',
  watch: 'w1',
  revision,
  entries: [entry('/a', `v${revision}`, revision)],
});
export const synced = (revision: number): WatchEvent => ({ type: 'synced', watch: 'w1', revision });
export const resync = (epoch: string): WatchEvent => ({
  type: 'resync',
  watch: 'w1',
  reason: epoch === 'e1' ? 'compacted' : 'epoch',
  epoch,
});
export const heartbeat = (revision: number): WatchEvent => ({ type: 'heartbeat', revision });
export const compacted: WatchEvent = {
  type: 'compacted',
  watch: 'w1',
  reason: 'compacted',
  epoch: 'e1',
  compactedRevision: 8,
  revision: 9,
};

/** A watch in each of its states, at revision 5 where it is anywhere. */
export const states = {
  new: initialState('state', undefined),
  resuming: initialState('state', at(5)),
  snapshotting: run(initialState('state', undefined), watching(7), snapshot(7)).state,
  resyncing: run(initialState('state', at(5)), watching(7), resync('e1')).state,
  catchingUp: run(initialState('state', at(5)), watching(5)).state,
  differing: run(initialState('state', at(5)), watching(5), difference(5, 9)).state,
  live: run(initialState('state', undefined), watching(5), synced(5)).state,
  newEvents: initialState('events', undefined),
  liveEvents: run(initialState('events', undefined), watching(5)).state,
  lostEvents: run(initialState('events', at(5)), watching(9)).state,
  ended: run(initialState('events', undefined), watching(5), compacted).state,
} satisfies Record<string, WatchState>;

/** `kind@position`, then the effect if there is one. */
export function outcome({ state, effect }: Step): string {
  const position = `${state.kind}@${state.position?.revision ?? '-'}`;
  return effect === undefined ? position : `${position} ${effect.type}`;
}
