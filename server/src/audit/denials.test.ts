import { expect, it } from 'vitest';
import { Denials } from './denials.ts';

const denied = (principal: string) =>
  ({
    event: 'denied',
    outcome: 'denied',
    reason: 'r',
    paths: [],
    who: { kind: 'token', principal },
  }) as const;

it('writes twenty a minute of a principal, and says in the next line how many there were', () => {
  const denials = new Denials();
  const written = Array.from({ length: 1_000 }, (_, i) => denials.take(denied('a'), i));
  expect(written.filter(Boolean)).toHaveLength(20);
  expect(denials.take(denied('b'), 500)).toEqual(denied('b'));
  expect(denials.take(denied('a'), 60_000)).toMatchObject({
    note: '980 more since the line before',
  });
  expect(denials.take(denied('a'), 60_001)).toEqual(denied('a'));
});

it('goes on after a clock was set back, and keeps no more than ten thousand principals', () => {
  const denials = new Denials();
  for (let i = 0; i < 30; i++) denials.take(denied('a'), 3_600_000);
  expect(denials.take(denied('a'), 0)).toMatchObject({ note: '10 more since the line before' });
  for (let i = 0; i < 30; i++) denials.take(denied('first'), 0);
  for (let i = 0; i < 10_000; i++) denials.take(denied(`p${i}`), 0);
  expect(denials.take(denied('first'), 0)).toEqual(denied('first'));
});
