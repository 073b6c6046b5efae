import { describe, expect, it } from 'vitest';
import type { KeptState } from '../local-api.ts';
import { checksumOf } from './checksum.ts';
import { exclusionOf } from './exclusion.ts';
import { lastLine, linesOf, readSnapshot } from './snapshot-text.ts';

const state: KeptState = {
  position: { epoch: 'e1', revision: 812, timeline: 't1' },
  keptAt: 1_795_400_000_000,
  isPartial: false,
  entries: ['/svc/a', '/svc/b/c'].map((path, i) => ({
    ...{ path, value: `line\nbreak "${i}" \u2028 😀`, createRevision: 1, modRevision: 812 },
    ...{ version: 2, updatedAt: 7, updatedBy: 'ann' },
  })),
};

function textOf(kept: KeptState, path = '/svc'): string {
  const body = [...linesOf(path, kept), ''].join('\n');
  return `${body}${lastLine(checksumOf(body))}\n`;
}

describe('a snapshot as text', () => {
  it.each([
    ['with all of its entries', state],
    ['of an empty subtree', { ...state, entries: [] }],
    ['of a part', { ...state, isPartial: true }],
    ['of a server without timelines', { ...state, position: { epoch: 'e1', revision: 0 } }],
  ])('%s is read as it was written', (_, kept) => {
    expect(readSnapshot(textOf(kept), '/svc')).toEqual(kept);
  });

  it('is in the order of the tree, however it was handed over', () => {
    const entries = [...state.entries].reverse();
    expect(readSnapshot(textOf({ ...state, entries }), '/svc').entries).toEqual(state.entries);
  });

  it('is refused wherever it was cut off, and with any one byte flipped', () => {
    const text = textOf(state);
    for (let length = 0; length < text.length; length++)
      expect(() => readSnapshot(text.slice(0, length), '/svc'), `${length}`).toThrow(/^it /);
    for (let at = 0; at < text.length; at++) {
      const flipped = String.fromCharCode(text.charCodeAt(at) ^ 1);
      const damaged = text.slice(0, at) + flipped + text.slice(at + 1);
      expect(() => readSnapshot(damaged, '/svc'), `${at}`).toThrow(/^it /);
    }
  });

  it.each([
    ['another subtree', textOf(state), '/svc/a', 'it is of /svc, not of /svc/a'],
    ['a later format', edited('"format":1', '"format":2'), '/svc', 'its format is 2'],
    ['something else', edited('"confer":"snapshot"', '"confer":"x"'), '/svc', 'no snapshot'],
    ['fewer entries', edited('"entries":2', '"entries":3'), '/svc', 'all of its entries'],
    ['an entry outside', edited('/svc/a', '/svcs/a'), '/svc', '/svcs/a is not in /svc'],
    ['a negative revision', edited('"revision":812', '"revision":-1'), '/svc', 'number is missing'],
  ])('of %s is refused, though its checksum is right', (_, text, path, problem) => {
    expect(() => readSnapshot(text, path)).toThrow(problem);
  });
});

function edited(from: string, to: string): string {
  const body = [...linesOf('/svc', state), ''].join('\n').replace(from, to);
  return `${body}${lastLine(checksumOf(body))}\n`;
}

describe('what is left out of a snapshot', () => {
  it.each([
    ['/svc/secret/**', '/svc/secret/a/b', true],
    ['/svc/secret/**', '/svc/secret', true],
    ['/svc/secret/**', '/svc/secrets', false],
    ['**/secret/**', '/secret/x', true],
    ['**/secret/**', '/a/b/secret/x/y', true],
    ['**/secret/**', '/a/b/x', false],
    ['/svc/*/password', '/svc/db/password', true],
    ['/svc/*/password', '/svc/a/b/password', false],
    ['/svc/*-key', '/svc/api-key', true],
    ['/svc/a*b*c', '/svc/aXbYc', true],
    ['/svc/a*b*c', '/svc/abc', true],
    ['/svc/a*bc*c', '/svc/abc', false],
    ['/svc/ab*ba', '/svc/aba', false],
    ['/svc/*', '/svc', false],
    ['**', '/anything', true],
  ])('by %s: %s is %s', (glob, path, isLeftOut) => {
    expect(exclusionOf([glob])(path)).toBe(isLeftOut);
  });

  it('is found out in time, whatever the glob is', () => {
    const isExcluded = exclusionOf([`${'**/'.repeat(60)}x`, `/${'a*'.repeat(100)}b`]);
    expect(isExcluded(`/${'a/'.repeat(63)}a`)).toBe(false);
    expect(isExcluded(`/${'a'.repeat(255)}`)).toBe(false);
  });
});
