import type { MirrorChange } from '../api.ts';
import { Channel } from '../delivery/channel.ts';
import { charsOf, QUEUE_CHARS_MAX, QUEUE_LENGTH_MAX } from '../delivery/queue-limits.ts';
import { mergeChanges } from './merge-changes.ts';

export interface ReaderOptions {
  readonly bufferMax?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** One reader of the changes of a mirror. What waits for a slow one is merged, so that it is bounded. */
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
