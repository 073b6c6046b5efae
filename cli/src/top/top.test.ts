import type { SessionItem } from '@confer/client/admin';
import { describe, expect, test } from 'vitest';
import { paletteOf } from '../output/colour.ts';
import { type FrameOptions, frameOf } from './frame.ts';
import { Rates, type Reading } from './reading.ts';
import { sorted } from './slowest.ts';
import { type View, views } from './views.ts';

function session(name: string, fields: Partial<SessionItem> = {}): SessionItem {
  return {
    ...{ session: `s-${name}`, client: { name }, address: '192.0.2.7', transport: 'ws' },
    ...{ connectedMs: 1_000, waitingBytes: 0, watchCount: 1, watches: [], applied: 90 },
    ...fields,
  };
}

function reading(fields: {
  readonly at?: number;
  readonly instance?: string;
  readonly uptimeMs?: number;
  readonly counts?: Readonly<Record<string, number>>;
  readonly gauges?: Readonly<Record<string, number>>;
  readonly slowest?: readonly SessionItem[];
  readonly storageProblem?: string;
}): Reading {
  const { at = 0, instance = 'i', uptimeMs = 0, counts = {}, gauges = {}, slowest = [] } = fields;
  const problem = fields.storageProblem;
  return {
    ...{ at, tookMs: 1, slowest },
    figures: { instance, uptimeMs, counts: { ...counts }, gauges: { ...gauges } },
    status: {
      ...{ epoch: 'e', revision: 100, compactedRevision: 0, engine: 'lmdb', version: '0.1.0' },
      ...{ uptimeMs, storage: problem === undefined ? 'well' : 'degraded' },
      ...(problem === undefined ? {} : { storageProblem: problem }),
    },
  };
}

const plain = paletteOf({ stdout: { isTty: false }, env: {} });
const red = paletteOf({ stdout: { isTty: true }, env: {} });
const options: FrameOptions = {
  ...{ url: 'http://x', sort: 'waiting', intervalMs: 2_000, now: 0, trouble: undefined },
  ...{ palette: plain, columns: 80, rows: 24, keys: 'q quit' },
};
const answering = (one: Reading, before?: Reading): View => ({
  ...({ kind: 'answering', reading: one, before } as const),
});

describe('rates', () => {
  test('are what was counted a second by the clock of the server, of all names together', () => {
    const before = reading({ uptimeMs: 1_000, counts: { a: 10, 'r.x': 1, 'r.y': 2 } });
    const after = reading({ uptimeMs: 3_500, counts: { a: 35, 'r.x': 2, 'r.y': 6, rx: 900 } });
    const rates = Rates.between(before, after);
    expect([rates?.of('a'), rates?.of('r.'), rates?.of('a', 'r.')]).toEqual([10, 2, 12]);
  });

  test('are none where the server was started anew, or the time stood still', () => {
    const before = reading({ uptimeMs: 1_000, counts: { a: 10 } });
    const anew = reading({ instance: 'j', uptimeMs: 1_500, counts: { a: 12 } });
    expect(Rates.between(before, anew)).toBeUndefined();
    expect(Rates.between(before, before)).toBeUndefined();
    expect(Rates.between(undefined, before)).toBeUndefined();
  });
});

describe('the slowest', () => {
  const items = [
    session('b', { waitingBytes: 5, applied: 99 }),
    session('a', { waitingBytes: 5, applied: 10, connectedMs: 9 }),
    session('idle', { watchCount: 0, applied: 1 }),
    session('new', { connectedMs: 3 }),
  ];

  test.each([
    ['waiting', ['a', 'b', 'new', 'idle']],
    ['behind', ['a', 'new', 'b', 'idle']],
    ['name', ['a', 'b', 'idle', 'new']],
    ['time', ['b', 'idle', 'a', 'new']],
  ] as const)('are sorted by %s', (by, expected) => {
    expect(sorted(items, by, 100).map(({ client }) => client?.name)).toEqual(expected);
  });
});

describe('a frame', () => {
  test.each([
    [80, 24],
    [40, 10],
    [20, 3],
    [200, 60],
    [1, 1],
  ])('fits a terminal of %i by %i, with hostile names in it', (columns, rows) => {
    const hostile = `\u001b[2J\u202e${'x'.repeat(500)}\n`;
    const slowest = Array.from({ length: 100 }, (_, i) =>
      session(`${hostile}${i}`, { principal: hostile, address: hostile }),
    );
    const one = reading({ slowest, storageProblem: hostile, counts: { commits: 1e15 } });
    const lines = frameOf(answering(one, one), { ...options, url: hostile, columns, rows });
    expect(lines.length).toBeLessThanOrEqual(rows);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
    expect(lines.join('')).not.toMatch(/[\p{Cc}\u202a-\u202e]/u);
    if (rows >= 24) expect(lines.at(-1)).toBe('q quit');
  });

  test('says what happens a second, in all and now, and leaves out what the server does not tell', () => {
    const before = reading({ uptimeMs: 0, counts: { changesDelivered: 0 }, gauges: { cpuMs: 0 } });
    const after = reading({
      ...{ uptimeMs: 2_000, counts: { changesDelivered: 7_200 } },
      gauges: { cpuMs: 500, watches: 1_234, 'watches.live': 1_233 },
      slowest: [session('orders', { waitingBytes: 1_500_000, applied: 93 })],
    });
    const text = frameOf(answering(after, before), options).join('\n');
    expect(text).toMatch(/delivered +3,600 +7,200 /);
    expect(text).toMatch(/watches +1,234: 1,233 live/);
    expect(text).toMatch(/cpu +25 % of a core/);
    expect(text).toMatch(/memory +-, heap -/);
    expect(text).toMatch(/orders +- +192\.0\.2\.7 +1s +1 +93 +7 +1\.4 MiB/);
  });

  test('W8 says since when nobody answers: given up, not yet, or without a connection', () => {
    const one = reading({ at: 10_000 });
    const said = (view: View, now: number, trouble?: string) =>
      frameOf(view, { ...options, palette: red, now, trouble })[1];
    expect(said(answering(one), 13_000)).toContain('storage well');
    expect(said(answering(one), 15_000)).toContain(
      '\u001b[31mNO ANSWER for 5s, all below is of then: it has not answered yet',
    );
    expect(said(answering(one), 11_000, 'connection lost')).toContain('of then: connection lost');
    const away: View = { kind: 'away', reading: one, since: 10_000, reason: 'timeout' };
    expect(said(away, 200_000)).toContain('NO ANSWER for 3m, all below is of then: timeout');
  });

  test('has what is wrong with the storage in red, and no colour where nobody wants any', () => {
    const one = reading({ storageProblem: 'the disk is full' });
    const [, state] = frameOf(answering(one), { ...options, palette: red });
    expect(state).toContain('\u001b[31mstorage degraded: the disk is full');
    expect(frameOf(answering(one), options).join('')).not.toContain('\u001b');
  });
});

describe('views', () => {
  test('go on while nobody answers, since the last answer, and end by what no waiting mends', async () => {
    const script: (Reading | Error)[] = [
      reading({ at: 1 }),
      new Error('lost'),
      new Error('lost again'),
      reading({ at: 9, instance: 'j' }),
      new RangeError('no right'),
    ];
    const seen = views({
      async read() {
        const next = script.shift();
        if (next === undefined || next instanceof Error) throw next;
        return next;
      },
      now: () => 5,
      pause: async () => {},
      reasonOf(error) {
        if (!(error instanceof Error) || error instanceof RangeError) throw error;
        return error.message;
      },
    });
    const kinds: unknown[] = [];
    await expect(async () => {
      for await (const view of seen)
        kinds.push(
          view.kind === 'away' ? [view.since, view.reason, view.reading.at] : view.before?.at,
        );
    }).rejects.toThrow('no right');
    expect(kinds).toEqual([undefined, [1, 'lost', 1], [1, 'lost again', 1], 1]);
  });
});
