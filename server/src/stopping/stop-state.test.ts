import { describe, expect, test } from 'vitest';
import { afterEvent, type StopEvent, type StopState } from './stop-state.ts';

const states: readonly StopState[] = [
  { kind: 'serving' },
  { kind: 'announced' },
  { kind: 'parting' },
  { kind: 'flushing' },
  { kind: 'stopped' },
  { kind: 'stopped', unfinished: 'parting' },
];
const events: readonly StopEvent[] = ['asked', 'seen', 'parted', 'flushed', 'late'];

/** What changes anything; all else leaves everything as it is. */
const moves: Readonly<Record<string, StopState>> = {
  'serving asked': { kind: 'announced' },
  'announced seen': { kind: 'parting' },
  'announced late': { kind: 'stopped', unfinished: 'announced' },
  'parting parted': { kind: 'flushing' },
  'parting late': { kind: 'stopped', unfinished: 'parting' },
  'flushing flushed': { kind: 'stopped' },
  'flushing late': { kind: 'stopped', unfinished: 'flushing' },
};

describe('a server on its way to its end', () => {
  for (const state of states)
    for (const event of events) {
      const next = moves[`${state.kind} ${event}`];
      test(`${state.kind}: ${event} ${next ? `makes it ${next.kind}` : 'changes nothing'}`, () => {
        if (next === undefined) expect(afterEvent(state, event)).toBe(state);
        else expect(afterEvent(state, event)).toEqual(next);
      });
    }
});
