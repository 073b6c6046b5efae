import type { Commits, Position } from '@confer/shared';
import { describe, expect, test } from 'vitest';
import { commit, del, entry, put } from './test-support/rig.ts';
import {
  initialState,
  resumeFrom,
  type Step,
  step,
  type WatchEvent,
  type WatchState,
} from './watch-machine.ts';

const at = (revision: number, epoch = 'e1'): Position => ({ epoch, revision });

const commits = (from: number, to: number, rest: Partial<Commits> = {}): Commits => ({
  type: 'commits',
  watch: 'w1',
  from,
  to,
  commits: [commit(to, put('/a', `v${to}`))],
  ...rest,
});

/** Steps through `events`; the last step's outcome. */
function run(state: WatchState, ...events: WatchEvent[]): Step {
  return events.reduce<Step>((last, event) => step(last.state, event), { state });
}

const watching = (revision: number, epoch = 'e1'): WatchEvent => ({
  type: 'watching',
  revision,
  epoch,
});
const difference = (from: number, to: number): WatchEvent => ({
  type: 'difference',
  watch: 'w1',
  from,
  to,
  changes: [{ type: 'put', entry: entry('/a', `v${to}`, to) }],
});
const snapshot = (revision: number): WatchEvent => ({
  type: 'snapshot',
  watch: 'w1',
  revision,
  entries: [entry('/a', `v${revision}`, revision)],
});
const synced = (revision: number): WatchEvent => ({ type: 'synced', watch: 'w1', revision });
const resync = (epoch: string): WatchEvent => ({
  type: 'resync',
  watch: 'w1',
  reason: epoch === 'e1' ? 'compacted' : 'epoch',
  epoch,
});
const heartbeat = (revision: number): WatchEvent => ({ type: 'heartbeat', revision });
const compacted: WatchEvent = {
  type: 'compacted',
  watch: 'w1',
  reason: 'compacted',
  epoch: 'e1',
  compactedRevision: 8,
  revision: 9,
};

const states = {
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

const events = {
  watching: watching(7),
  snapshot: snapshot(7),
  difference: difference(5, 9),
  synced: synced(9),
  next: commits(5, 6),
  seen: commits(4, 5),
  overlapping: commits(3, 6),
  gap: commits(6, 8),
  part: commits(5, 6, { more: true }),
  resync: resync('e2'),
  compacted,
  heartbeat: heartbeat(9),
  disconnected: { type: 'disconnected' },
  mismatch: { type: 'mismatch', shown: at(3) },
} satisfies Record<string, WatchEvent>;

/** `kind@position`, then the effect if there is one. Every state meets every event. */
const table: Record<keyof typeof states, Record<keyof typeof events, string>> = {
  new: {
    watching: 'snapshotting@-',
    snapshot: 'starting@-',
    difference: 'starting@-',
    synced: 'starting@-',
    next: 'starting@-',
    seen: 'starting@-',
    overlapping: 'starting@-',
    gap: 'starting@-',
    part: 'starting@-',
    resync: 'starting@-',
    compacted: 'starting@-',
    heartbeat: 'starting@-',
    disconnected: 'starting@-',
    mismatch: 'starting@3 rewatch',
  },
  resuming: {
    watching: 'catching-up@5',
    snapshot: 'starting@5',
    difference: 'starting@5',
    synced: 'starting@5',
    next: 'starting@5',
    seen: 'starting@5',
    overlapping: 'starting@5',
    gap: 'starting@5',
    part: 'starting@5',
    resync: 'starting@5',
    compacted: 'starting@5',
    heartbeat: 'starting@5',
    disconnected: 'starting@5',
    mismatch: 'starting@3 rewatch',
  },
  snapshotting: {
    watching: 'snapshotting@-',
    snapshot: 'snapshotting@-',
    difference: 'starting@- rewatch',
    synced: 'live@9 replace',
    next: 'snapshotting@-',
    seen: 'snapshotting@-',
    overlapping: 'snapshotting@-',
    gap: 'snapshotting@-',
    part: 'snapshotting@-',
    resync: 'snapshotting@-',
    compacted: 'snapshotting@-',
    heartbeat: 'snapshotting@-',
    disconnected: 'starting@-',
    mismatch: 'starting@3 rewatch',
  },
  resyncing: {
    watching: 'snapshotting@5',
    snapshot: 'snapshotting@5',
    difference: 'starting@5 rewatch',
    synced: 'live@9 replace',
    next: 'snapshotting@5',
    seen: 'snapshotting@5',
    overlapping: 'snapshotting@5',
    gap: 'snapshotting@5',
    part: 'snapshotting@5',
    resync: 'snapshotting@5',
    compacted: 'snapshotting@5',
    heartbeat: 'snapshotting@5',
    disconnected: 'starting@5',
    mismatch: 'starting@3 rewatch',
  },
  catchingUp: {
    watching: 'catching-up@5',
    snapshot: 'starting@5 rewatch',
    difference: 'catching-up@5',
    synced: 'live@9 advance',
    next: 'catching-up@6 apply',
    seen: 'catching-up@5',
    overlapping: 'catching-up@6 apply',
    gap: 'starting@5 rewatch',
    part: 'catching-up@5',
    resync: 'snapshotting@5',
    compacted: 'catching-up@5',
    heartbeat: 'catching-up@5',
    disconnected: 'starting@5',
    mismatch: 'starting@3 rewatch',
  },
  differing: {
    watching: 'catching-up@5',
    snapshot: 'starting@5 rewatch',
    difference: 'catching-up@5',
    synced: 'live@9 merge',
    next: 'starting@5 rewatch',
    seen: 'catching-up@5',
    overlapping: 'starting@5 rewatch',
    gap: 'starting@5 rewatch',
    part: 'starting@5 rewatch',
    resync: 'snapshotting@5',
    compacted: 'catching-up@5',
    heartbeat: 'catching-up@5',
    disconnected: 'starting@5',
    mismatch: 'starting@3 rewatch',
  },
  live: {
    watching: 'live@5',
    snapshot: 'starting@5 rewatch',
    difference: 'catching-up@5',
    synced: 'live@9 advance',
    next: 'live@6 apply',
    seen: 'live@5',
    overlapping: 'live@6 apply',
    gap: 'starting@5 rewatch',
    part: 'live@5',
    resync: 'snapshotting@5',
    compacted: 'live@5',
    heartbeat: 'live@9 advance',
    disconnected: 'starting@5',
    mismatch: 'starting@3 rewatch',
  },
  newEvents: {
    watching: 'live@7',
    snapshot: 'starting@-',
    difference: 'starting@-',
    synced: 'starting@-',
    next: 'starting@-',
    seen: 'starting@-',
    overlapping: 'starting@-',
    gap: 'starting@-',
    part: 'starting@-',
    resync: 'starting@-',
    compacted: 'starting@-',
    heartbeat: 'starting@-',
    disconnected: 'starting@-',
    mismatch: 'starting@3 rewatch',
  },
  liveEvents: {
    watching: 'live@5',
    snapshot: 'live@5',
    difference: 'live@5',
    synced: 'live@5',
    next: 'live@6 apply',
    seen: 'live@5',
    overlapping: 'live@6 apply',
    gap: 'starting@5 rewatch',
    part: 'live@5',
    resync: 'live@5',
    compacted: 'ended@5 end',
    heartbeat: 'live@9 advance',
    disconnected: 'starting@5',
    mismatch: 'starting@3 rewatch',
  },
  lostEvents: {
    watching: 'catching-up@5',
    snapshot: 'catching-up@5',
    difference: 'catching-up@5',
    synced: 'catching-up@5',
    next: 'live@6 apply',
    seen: 'catching-up@5',
    overlapping: 'live@6 apply',
    gap: 'starting@5 rewatch',
    part: 'catching-up@5',
    resync: 'catching-up@5',
    compacted: 'ended@5 end',
    heartbeat: 'catching-up@5',
    disconnected: 'starting@5',
    mismatch: 'starting@3 rewatch',
  },
  ended: {
    watching: 'ended@5',
    snapshot: 'ended@5',
    difference: 'ended@5',
    synced: 'ended@5',
    next: 'ended@5',
    seen: 'ended@5',
    overlapping: 'ended@5',
    gap: 'ended@5',
    part: 'ended@5',
    resync: 'ended@5',
    compacted: 'ended@5',
    heartbeat: 'ended@5',
    disconnected: 'ended@5',
    mismatch: 'ended@5',
  },
};

function outcome({ state, effect }: Step): string {
  const position = `${state.kind}@${state.position?.revision ?? '-'}`;
  return effect === undefined ? position : `${position} ${effect.type}`;
}

describe('every state meets every event', () => {
  const expected = new Map(Object.entries(table));
  for (const [name, state] of Object.entries(states))
    test(name, () => {
      const outcomes = Object.entries(events).map(([event, value]) => [
        event,
        outcome(step(state, value)),
      ]);
      expect(Object.fromEntries(outcomes)).toEqual(expected.get(name));
    });
});

describe('the rule of acceptance', () => {
  test('W2: of a batch that overlaps, only the commits above the position are applied', () => {
    const batch = commits(3, 7, {
      commits: [commit(4, put('/a', '4')), commit(5, put('/a', '5')), commit(7, put('/a', '7'))],
    });
    const { effect } = step(states.live, batch);
    expect(effect).toMatchObject({ type: 'apply', commits: [{ revision: 7 }], position: at(7) });
  });

  test('W3: after a gap the watch is asked for from its position', () => {
    const { state } = step(states.live, commits(6, 8));
    expect(resumeFrom(state)).toEqual(at(5));
  });

  test('W6: a batch without commits moves the position', () => {
    const { state, effect } = step(states.live, commits(5, 8, { commits: [] }));
    expect(state.position).toEqual(at(8));
    expect(effect).toMatchObject({ type: 'apply', commits: [] });
  });
});

describe('W4: a batch in several frames', () => {
  const whole = [commit(6, put('/a', '6'), del('/b')), commit(8, put('/c', '8'))];
  const frames = [
    commits(5, 8, { more: true, commits: [commit(6, put('/a', '6'))] }),
    commits(5, 8, { more: true, commits: [commit(6, del('/b'))] }),
    commits(5, 8, { commits: [commit(8, put('/c', '8'))] }),
  ];

  test('is applied at its last frame, with split commits made whole', () => {
    const { effect } = run(states.live, ...frames);
    expect(effect).toEqual({ type: 'apply', commits: whole, position: at(8) });
    expect(run(states.live, ...frames.slice(0, 2)).state.position).toEqual(at(5));
  });

  test('is not moved on by a heartbeat between its frames', () => {
    const { effect } = run(
      states.live,
      frames[0] ?? heartbeat(0),
      heartbeat(7),
      ...frames.slice(1),
    );
    expect(effect).toEqual({ type: 'apply', commits: whole, position: at(8) });
  });

  test('is forgotten with its connection', () => {
    const { state } = run(states.catchingUp, ...frames.slice(0, 2), { type: 'disconnected' });
    const { effect } = run(state, watching(5), commits(5, 8, { commits: whole }));
    expect(effect).toMatchObject({ commits: whole });
  });

  test('gives way to another batch', () => {
    const { effect } = run(states.live, ...frames.slice(0, 2), commits(5, 6));
    expect(effect).toMatchObject({ commits: [{ revision: 6, changes: [{ value: 'v6' }] }] });
  });

  test('does not survive a resync', () => {
    const { effect } = run(states.live, ...frames.slice(0, 2), resync('e1'), synced(9));
    expect(effect).toMatchObject({ type: 'replace', pages: [] });
  });

  test('that `synced` interrupts is asked for again', () => {
    expect(outcome(run(states.live, ...frames.slice(0, 1), synced(9)))).toBe('starting@5 rewatch');
  });
});

describe('a snapshot', () => {
  const nothing = run(initialState('state', undefined), watching(7)).state;
  const pagesOf = ({ effect }: Step) => (effect?.type === 'replace' ? effect.pages : undefined);

  test('is all its pages', () => {
    expect(pagesOf(run(nothing, snapshot(7), snapshot(7), synced(7)))).toHaveLength(2);
  });

  test('of an empty subtree has none', () => {
    expect(pagesOf(run(nothing, synced(7)))).toEqual([]);
  });

  test('that begins again loses the pages of the lower revision', () => {
    const pages = pagesOf(run(nothing, snapshot(7), snapshot(8), snapshot(7), synced(8)));
    expect(pages).toEqual([[entry('/a', 'v8', 8)]]);
  });

  test('that begins again and finds nothing is empty', () => {
    expect(pagesOf(run(nothing, snapshot(7), synced(8)))).toEqual([]);
  });

  test('that ends below its pages is asked for again', () => {
    expect(outcome(run(nothing, snapshot(7), synced(6)))).toBe('starting@- rewatch');
  });

  test('W4: is forgotten with its connection', () => {
    const { state } = run(nothing, snapshot(7), { type: 'disconnected' });
    expect(pagesOf(run(state, watching(7), synced(7)))).toEqual([]);
  });
});

describe('W9: nothing older is applied', () => {
  test('from a server that is behind in the same epoch', () => {
    const behind = run(states.resuming, watching(4), resync('e1'), snapshot(4), synced(4));
    expect(outcome(behind)).toBe('starting@5 rewatch');
    expect(resumeFrom(behind.state)).toEqual(at(5));
    expect(outcome(run(states.catchingUp, synced(4)))).toBe('starting@5 rewatch');
  });

  test('unless the history is another one', () => {
    const { state, effect } = run(states.resuming, watching(2, 'e2'), resync('e2'), synced(2));
    expect(state.position).toEqual(at(2, 'e2'));
    expect(effect?.type).toBe('replace');
  });

  test('a heartbeat of a server that is behind moves nothing', () => {
    expect(outcome(step(states.live, heartbeat(4)))).toBe('live@5');
  });
});

describe('another epoch', () => {
  const foreign = run(initialState('state', at(5)), watching(7, 'e2')).state;

  test.each([
    ['commits', commits(5, 6)],
    ['a difference', difference(5, 9)],
    ['synced', synced(9)],
  ])('does not continue with %s', (_, event) => {
    expect(outcome(step(foreign, event))).toBe('starting@5 rewatch');
  });

  test('W3: an event watch stays where it was until it is told', () => {
    const waiting = run(initialState('events', at(5)), watching(7, 'e2'));
    expect(outcome(waiting)).toBe('catching-up@5');
    expect(outcome(step(waiting.state, { type: 'disconnected' }))).toBe('starting@5');
  });
});

describe('a difference', () => {
  test('of several pages is merged at `synced`', () => {
    const { effect } = run(states.catchingUp, difference(5, 9), difference(5, 9), synced(9));
    expect(effect).toMatchObject({ type: 'merge', pages: [[{}], [{}]], position: at(9) });
  });

  test('may start below the position', () => {
    expect(outcome(run(states.catchingUp, difference(4, 9), synced(9)))).toBe('live@9 merge');
  });

  test('that is known already is ignored', () => {
    expect(outcome(run(states.catchingUp, difference(3, 5), synced(5)))).toBe('live@5 advance');
  });

  test('above the position is a gap', () => {
    expect(outcome(run(states.live, difference(6, 9)))).toBe('starting@5 rewatch');
  });

  test('to another revision than `synced` is asked for again', () => {
    expect(outcome(run(states.differing, synced(10)))).toBe('starting@5 rewatch');
  });
});

describe('W7: a mismatch', () => {
  const { state } = run(states.live, { type: 'mismatch', shown: at(5) });

  test('asks for everything, over as many connections as it takes', () => {
    expect(resumeFrom(state)).toBeUndefined();
    const again = run(state, watching(9), snapshot(9), { type: 'disconnected' });
    expect(resumeFrom(again.state)).toBeUndefined();
    expect(again.state.position).toEqual(at(5));
  });

  test('is over with the next `synced`', () => {
    expect(resumeFrom(run(state, watching(9), synced(9)).state)).toEqual(at(9));
  });
});
