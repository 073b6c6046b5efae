import { describe, expect, test } from 'vitest';
import { type Phase, Readiness } from './readiness.ts';

const phases: readonly Phase[] = [
  { kind: 'starting' },
  { kind: 'serving' },
  { kind: 'draining', since: 1_000 },
  { kind: 'stopped' },
];

describe('how far a server is', () => {
  test('it is starting until somebody says otherwise', () => {
    expect(new Readiness().phase).toEqual({ kind: 'starting' });
  });

  for (const [place, now] of phases.entries())
    for (const [nextPlace, next] of phases.entries()) {
      const isLater = nextPlace > place;
      test(`it ${isLater ? 'goes' : 'does not go'} from ${now.kind} to ${next.kind}`, () => {
        const readiness = new Readiness();
        readiness.become(now);
        readiness.become(next);
        expect(readiness.phase.kind).toBe(isLater ? next.kind : now.kind);
      });
    }

  test('a second signal does not move when draining began', () => {
    const readiness = new Readiness();
    readiness.become({ kind: 'draining', since: 1_000 });
    readiness.become({ kind: 'draining', since: 2_000 });
    expect(readiness.phase).toEqual({ kind: 'draining', since: 1_000 });
  });
});
