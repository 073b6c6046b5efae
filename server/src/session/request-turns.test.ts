import { describe, expect, it } from 'vitest';
import { RequestTurns } from './request-turns.ts';

/** So many milliseconds each request takes. */
const REQUEST_MS = 3;

function started() {
  let now = 0;
  let deferred: (() => void)[] = [];
  const clock = { now: () => now, setTimer: () => ({ cancel: () => {} }) };
  const turns = new RequestTurns(clock, (run) => void deferred.push(run));
  const begun: string[] = [];
  const begin = (name: string) => {
    now += REQUEST_MS;
    begun.push(name);
  };
  /** A connection that has so many requests waiting. */
  const waiting = (name: string, count: number) => {
    let left = count;
    return {
      beginOne() {
        if (left === 0) return false;
        left -= 1;
        begin(name);
        return left > 0;
      },
    };
  };
  const nextTurn = () => {
    begun.length = 0;
    const due = deferred;
    deferred = [];
    for (const run of due) run();
    return [...begun];
  };
  return { turns, begin, waiting, nextTurn, isIdle: () => deferred.length === 0 };
}

describe('W10 the requests of a turn', () => {
  it('are begun until its time is over, and then in the next', () => {
    const { turns, begin, nextTurn } = started();
    let count = 0;
    for (; turns.isTime && count < 100; count++) begin('now');
    expect(count).toBe(3);
    nextTurn();
    expect(turns.isTime).toBe(true);
  });

  it('have one slice, however many came to be done at once before', () => {
    const { turns, begin, waiting, nextTurn } = started();
    while (turns.isTime) begin('at once');
    turns.schedule(waiting('a', 9));
    expect(nextTurn()).toEqual([]);
    expect(turns.isTime).toBe(false);
    expect(nextTurn()).toEqual(['a', 'a', 'a']);
  });

  it('that wait are begun one of each connection in turn, those that came first first', () => {
    const { turns, waiting, nextTurn, isIdle } = started();
    expect(turns.isTime).toBe(true);
    for (const [name, count] of [
      ['a', 5],
      ['b', 2],
      ['c', 1],
    ] as const)
      turns.schedule(waiting(name, count));
    expect(nextTurn()).toEqual(['a', 'b', 'c']);
    expect(nextTurn()).toEqual(['a', 'b', 'a']);
    expect(nextTurn()).toEqual(['a', 'a']);
    nextTurn();
    expect(isIdle()).toBe(true);
  });
});
