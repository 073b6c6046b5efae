import { describe, expect, test } from 'vitest';
import { livenessOf, readinessOf, type ServerCondition, verdictOf } from './health.ts';

const well: ServerCondition = {
  phase: { kind: 'serving' },
  isBetweenHistories: false,
  storage: { kind: 'well', forMs: 0, reason: '' },
  writingForMs: undefined,
  policyRevision: 7,
};

const behind = { kind: 'behind', forMs: 12_345, reason: 'nothing comes from etcd' } as const;

describe('whether a server lives', () => {
  test.each([
    ['nothing is written', undefined, 200, 'alive\n'],
    ['a write has been under way for five seconds', 5_000, 200, 'alive\n'],
    [
      'a write has been under way for longer',
      5_001,
      503,
      'stuck: a write has been under way for 5 s\n',
    ],
  ])('%s', (_, writingForMs, status, text) => {
    expect(livenessOf({ writingForMs })).toEqual({ status, text });
  });
});

describe('whether clients belong to a server', () => {
  test.each<[string, Partial<ServerCondition>, 'ready' | 'degraded' | 'down', string]>([
    ['that serves', {}, 'ready', '[+] phase: serving'],
    ['that starts', { phase: { kind: 'starting' } }, 'down', '[-] phase: starting'],
    ['that drains', { phase: { kind: 'draining', since: 1 } }, 'down', '[-] phase: draining'],
    ['that has stopped', { phase: { kind: 'stopped' } }, 'down', '[-] phase: stopped'],
    [
      'whose history is over',
      { isBetweenHistories: true },
      'down',
      '[-] history: it is over, and the next one is being opened',
    ],
    [
      'that is out of touch with etcd, and serves what it has',
      { storage: behind },
      'degraded',
      '[!] storage: behind for 12 s: nothing comes from etcd',
    ],
    [
      'whose disk is full, and that serves what it has',
      { storage: { kind: 'degraded', forMs: 1_000, reason: 'the disk is full' } },
      'degraded',
      '[!] storage: degraded for 1 s: the disk is full',
    ],
    [
      'whose storage has failed',
      { storage: { kind: 'failed', forMs: 0, reason: 'data.mdb was moved' } },
      'down',
      '[-] storage: failed for 0 s: data.mdb was moved',
    ],
    [
      'whose disk hangs',
      { writingForMs: 6_000 },
      'degraded',
      '[!] writer: a write has been under way for 6 s',
    ],
    [
      'that asks nobody who they are',
      { policyRevision: undefined },
      'ready',
      '[+] policy: nobody is asked who they are',
    ],
  ])('%s', (_, change, verdict, line) => {
    const condition = { ...well, ...change };
    expect(verdictOf(condition)).toBe(verdict);
    const status = verdict === 'down' ? 503 : 200;
    const verbose = readinessOf(condition, true);
    expect(verbose.status).toBe(status);
    expect(verbose.text.split('\n')).toContain(line);
    // A stranger is told the verdict alone: why says where etcd is, and how full the disk.
    expect(readinessOf(condition, false)).toEqual({ status, text: `${verdict}\n` });
  });

  test('one thing that is down outweighs all that is degraded', () => {
    const condition: ServerCondition = {
      ...well,
      phase: { kind: 'draining', since: 1 },
      storage: behind,
    };
    expect(readinessOf(condition, true)).toEqual({
      status: 503,
      text: [
        '[-] phase: draining',
        '[+] history: open',
        '[!] storage: behind for 12 s: nothing comes from etcd',
        '[+] writer: nothing has been under way for long',
        '[+] policy: as of revision 7',
        'down\n',
      ].join('\n'),
    });
  });
});
