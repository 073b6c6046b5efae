import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../../../../shared/src/test-support/seeded-random.ts';
import { atOnce, TimeSlice } from '../../cooperative-steps.ts';
import { keyTexts } from './key-text.ts';
import { MemRows, Memtable } from './memtable.ts';

const KEYS = 20;

/** What a table holds whose rows were written one after the other. */
class Model {
  readonly rows = new Map<string, string | undefined>();

  inOrder(): [key: string, row: string | undefined][] {
    return [...this.rows].sort(([a], [b]) => (a < b ? -1 : 1));
  }
}

const told = (rows: Iterable<{ readonly key: string; readonly row: string | undefined }>) =>
  Array.from(rows, ({ key, row }): [string, string | undefined] => [key, row]);

describe('rows in memory', () => {
  it.each(Array.from({ length: 200 }, (_, seed) => seed))(
    'are what was written last, however they are asked for: seed %i',
    (seed) => {
      const random = new SeededRandom(seed).next;
      const upTo = (end: number) => Math.floor(random() * end);
      const path = () => `/${String.fromCharCode(97 + upTo(KEYS))}`;
      const model = new Model();
      const rows = new MemRows<string>(keyTexts.entries);
      const write = (count: number) => {
        for (let i = 0; i < count; i++) {
          const [key, row] = [path(), random() < 0.3 ? undefined : String(random())];
          rows.set(key, row);
          model.rows.set(key, row);
        }
      };
      const asks = [
        () => {
          const key = path();
          const found = rows.find(keyTexts.entries(key));
          expect(found !== undefined).toBe(model.rows.has(key));
          expect(found?.row).toBe(model.rows.get(key));
        },
        () => expect(told(rows.inOrder())).toEqual(model.inOrder()),
        () => {
          atOnce(rows.putInOrder(new TimeSlice()));
          expect(told(rows.inOrder())).toEqual(model.inOrder());
        },
        () => {
          const last = new Map(told(rows.all()));
          expect([...last].sort(([a], [b]) => (a < b ? -1 : 1))).toEqual(model.inOrder());
        },
        () => {
          const range = { start: '/c', end: '/p' };
          const within = model.inOrder().filter(([key]) => key >= '/c' && key < '/p');
          expect(told(rows.range(range))).toEqual(within);
          const reverse = { start: '/o', end: '/b', reverse: true };
          expect(told(rows.range(reverse))).toEqual(within.reverse());
        },
      ];
      // Some are never asked for one thing or the other.
      const mayAsk = asks.filter(() => random() < 0.6);
      for (let step = 0; step < 12; step++) {
        write(upTo(10));
        mayAsk[upTo(mayAsk.length)]?.();
      }
      for (const ask of asks) ask();
      expect(rows.size).toBe(model.rows.size);
    },
  );

  it('W10 of a large commit are put into their order with pauses, a turn for each thousand at most', () => {
    const memtable = new Memtable();
    const deep = (i: number) => `/deep${'/b'.repeat(56)}/${String(i).padStart(5, '0')}`;
    for (let i = 0; i < 10_000; i++) {
      memtable.rows.entries.set(deep(i), 'x');
      memtable.rows.log.set([1, deep(i)], 'x');
    }
    let pauses = 0;
    for (const steps = memtable.putInOrder(); steps.next().done !== true; ) pauses++;
    expect(pauses).toBeGreaterThan(20);
    expect(memtable.rows.entries.inOrder()).toHaveLength(10_000);
    expect(memtable.rowLength).toBe(20_000);
  });
});
