import { describe, expect, test } from 'vitest';
import { commit, del, entry, put } from '../test-support/scene.ts';
import {
  at,
  commits,
  difference,
  heartbeat,
  outcome,
  resync,
  run,
  snapshot,
  states,
  synced,
  watching,
} from '../test-support/watch-steps.ts';
import { type Step, step } from './watch-machine.ts';
import { initialState, resumeFrom } from './watch-state.ts';

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

describe('a snapshot in pages', () => {
  const nothing = run(initialState('state', undefined), watching(7)).state;
  const pagesOf = ({ effect }: Step) => (effect?.type === 'replace' ? effect.pages : undefined);

  test('replaces the state with all its pages at once, at `synced`', () => {
    expect(pagesOf(run(nothing, snapshot(7), snapshot(7), synced(7)))).toHaveLength(2);
  });

  test('of an empty subtree has no page', () => {
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

describe('W9: nothing older than the position is applied', () => {
  test('from a server that is behind in the same epoch', () => {
    const behind = run(states.resuming, watching(4), resync('e1'), snapshot(4), synced(4));
    expect(outcome(behind)).toBe('starting@5 rewatch');
    expect(resumeFrom(behind.state)).toEqual(at(5));
    expect(outcome(run(states.catchingUp, synced(4)))).toBe('starting@5 rewatch');
  });

  test('unless it is of another history', () => {
    const { state, effect } = run(states.resuming, watching(2, 'e2'), resync('e2'), synced(2));
    expect(state.position).toEqual(at(2, 'e2'));
    expect(effect?.type).toBe('replace');
  });

  test('nor does the heartbeat of a server that is behind move it', () => {
    expect(outcome(step(states.live, heartbeat(4)))).toBe('live@5');
  });
});

describe('a watch whose server has another epoch', () => {
  const foreign = run(initialState('state', at(5)), watching(7, 'e2')).state;

  test.each([
    ['commits', commits(5, 6)],
    ['a difference', difference(5, 9)],
    ['synced', synced(9)],
  ])('does not continue with %s', (_, event) => {
    expect(outcome(step(foreign, event))).toBe('starting@5 rewatch');
  });

  test('W3: stays where it was until it is told, where it is an event watch', () => {
    const waiting = run(initialState('events', at(5)), watching(7, 'e2'));
    expect(outcome(waiting)).toBe('catching-up@5');
    expect(outcome(step(waiting.state, { type: 'disconnected' }))).toBe('starting@5');
  });
});

describe('a difference', () => {
  test('in several pages is merged at `synced`', () => {
    const { effect } = run(states.catchingUp, difference(5, 9), difference(5, 9), synced(9));
    expect(effect).toMatchObject({ type: 'merge', pages: [[{}], [{}]], position: at(9) });
  });

  test('may start below the position', () => {
    expect(outcome(run(states.catchingUp, difference(4, 9), synced(9)))).toBe('live@9 merge');
  });

  test('up to the position or below it is ignored', () => {
    expect(outcome(run(states.catchingUp, difference(3, 5), synced(5)))).toBe('live@5 advance');
  });

  test('that starts above the position is a gap', () => {
    expect(outcome(run(states.live, difference(6, 9)))).toBe('starting@5 rewatch');
  });

  test('that ends at another revision than `synced` is asked for again', () => {
    expect(outcome(run(states.differing, synced(10)))).toBe('starting@5 rewatch');
  });
});

describe('W7: a mismatch of the digest', () => {
  const { state } = run(states.live, { type: 'mismatch', shown: at(5) });

  test('makes the watch ask for everything, over as many connections as it takes', () => {
    expect(resumeFrom(state)).toBeUndefined();
    const again = run(state, watching(9), snapshot(9), { type: 'disconnected' });
    expect(resumeFrom(again.state)).toBeUndefined();
    expect(again.state.position).toEqual(at(5));
  });

  test('is over with the next `synced`', () => {
    expect(resumeFrom(run(state, watching(9), synced(9)).state)).toEqual(at(9));
  });
});
