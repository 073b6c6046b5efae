import { keyOf } from '../load/driver.ts';
import { valueText } from '../load/value.ts';

/** What a client orders: so many values, numbered from `first` on. */
export interface Order {
  readonly subtree: string;
  readonly first: number;
  readonly count: number;
  readonly valueBytes: number;
}

export function orderOf(text: string): Order {
  const [subtree = '', first, count, valueBytes] = text.split(' ');
  return { subtree, first: Number(first), count: Number(count), valueBytes: Number(valueBytes) };
}

/** One frame as Confer makes it: see `commits` in shared/PROTOCOL.md. */
export function commitsFrame({ subtree, first, count, valueBytes }: Order): Buffer {
  const commits = Array.from({ length: count }, (_, i) => ({
    revision: first + i,
    time: Date.now(),
    actor: 'bench',
    changes: [
      {
        type: 'put',
        path: `/${subtree}/k${i}`,
        value: valueText(first + i, valueBytes),
        createRevision: 1 + i,
        version: first,
      },
    ],
  }));
  const from = first - 1;
  return toBytes({ type: 'commits', watch: 'w1', from, to: from + count, commits });
}

/**
 * Entries of one frame. Small, because what does not go out at once is copied, and moved again with
 * each piece that goes.
 */
const PAGE = 57;

/** A snapshot, in messages as Confer has them. */
export function snapshotFrames({ subtree, first, count, valueBytes }: Order): Buffer[] {
  const frames: Buffer[] = [];
  for (let from = first; from < first + count; from += PAGE) {
    const entries = Array.from({ length: Math.min(PAGE, first + count - from) }, (_, i) => ({
      path: `/${subtree}/${keyOf(from + i)}`,
      value: valueText(from + i, valueBytes),
      createRevision: 1,
      modRevision: 1,
      version: 1,
      updatedAt: Date.now(),
      updatedBy: 'bench',
    }));
    frames.push(toBytes({ type: 'snapshot', watch: 'w1', revision: 1, entries }));
  }
  return frames;
}

/** Once, and not again for each socket. */
function toBytes(message: object): Buffer {
  return Buffer.from(JSON.stringify(message));
}
