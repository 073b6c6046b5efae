import {
  type FillOptions,
  keyOf,
  type Reader,
  type ReaderOptions,
  type Store,
  type Synced,
} from './driver.ts';
import { command, RedisWire } from './resp.ts';
import { signal } from './signal.ts';
import { eachValue, valueText } from './value.ts';

/** Pairs of one command. */
const PAIRS = 1_000;

/** A subtree as a hash: its only way to be read as a whole at one moment. */
export const redisStore: Store = { resumes: false, fill, read };

async function fill({ port, subtree, entries, valueBytes }: FillOptions): Promise<void> {
  let answered = signal();
  const wire = new RedisWire(port, () => answered.come());
  for (let from = 1; from <= entries; from += PAIRS) {
    const pairs = Array.from({ length: Math.min(PAIRS, entries - from + 1) }, (_, i) => [
      keyOf(from + i),
      valueText(from + i, valueBytes),
    ]);
    answered = signal();
    wire.send(command('HSET', subtree, ...pairs.flat()));
    await answered.came;
  }
  wire.close();
}

function read({ port, subtree, expected }: ReaderOptions): Reader {
  let entries = 0;
  let sum = 0;
  let done: (synced: Synced) => void = () => {};
  const synced = new Promise<Synced>((resolve) => {
    done = resolve;
  });
  const onPart = (bytes: Buffer, start: number, end: number) => {
    entries += eachValue(bytes, start, end, (sequence) => {
      sum += sequence;
    });
    if (entries === expected)
      done({ entries, sum, bytes: wire.bytesRead, place: { epoch: '', revision: 0 } });
  };
  const wire = new RedisWire(port, onPart, 'parts');
  wire.send(command('HGETALL', subtree));
  return { synced, close: () => wire.close() };
}
