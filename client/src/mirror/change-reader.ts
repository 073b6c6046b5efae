import type { Change } from '@confer/shared';
import type { MirrorChange } from '../api.ts';
import { Channel, charsOf, QUEUE_CHARS_MAX, QUEUE_LENGTH_MAX } from '../delivery/channel.ts';
import { frozenChanges } from '../delivery/frozen.ts';
import { inTreeOrder } from './tree-order.ts';

export interface ReaderOptions {
  readonly bufferMax?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** One reader of the changes of a mirror. What waits for a slow one is conflated, so that it is bounded. */
export class MirrorReader {
  readonly channel: Channel<MirrorChange>;
  readonly #bufferMax: number;
  /** Of what waits beside what was merged, which takes no more than the mirror did and does. */
  #chars = 0;
  #merged: MirrorChange | undefined;

  constructor({ signal, bufferMax = QUEUE_LENGTH_MAX }: ReaderOptions, onLeft: () => void) {
    this.#bufferMax = bufferMax;
    this.channel = new Channel<MirrorChange>({
      signal,
      onTaken: (change) => {
        if (change !== this.#merged) this.#chars -= charsOf(change);
      },
      onLeft,
    });
  }

  push(change: MirrorChange): void {
    const { channel } = this;
    this.#chars += charsOf(change);
    channel.push(change);
    if (channel.waiting.length <= this.#bufferMax && this.#chars <= QUEUE_CHARS_MAX) return;
    this.#merged = mergeChanges(channel.waiting);
    this.#chars = 0;
    channel.replaceWaiting(this.#merged);
  }
}

/** Conflation: the net of several changes in a row, for who was too slow; `undefined` if nothing is left. */
export function mergeChanges(all: readonly MirrorChange[]): MirrorChange | undefined {
  const net = new Map<string, Change>();
  for (const { changes } of all)
    for (const change of changes) {
      const earlier = net.get(change.path);
      const merged = earlier === undefined ? change : following(earlier, change);
      if (merged === undefined) net.delete(change.path);
      else net.set(change.path, merged);
    }
  const last = all.at(-1);
  if (last === undefined || net.size === 0) return undefined;
  const changes = frozenChanges(inTreeOrder(net.values()));
  return Object.freeze({ revision: last.revision, origin: 'resync', changes });
}

/** The later change, from the state before the earlier one. What came and went is no change. */
function following(earlier: Change, later: Change): Change | undefined {
  const { prev } = earlier;
  if (later.type === 'put') {
    const { type, path, entry } = later;
    return { type, path, entry, ...(prev && { prev }) };
  }
  return prev && { ...later, prev };
}
