import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../../../../shared/src/test-support/seeded-random.ts';
import { keyTexts } from './key-text.ts';
import { MemRows } from './memtable.ts';

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
});
