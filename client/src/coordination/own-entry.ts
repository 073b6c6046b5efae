import type { Entry } from '@confer/shared';
import type { Mirror } from '../api.ts';
import type { Parts } from './parts.ts';
import { unkeptMirror } from './unkept-mirror.ts';

/**
 * What has become of an entry since it was written: `unseen` until the mirror is as far. `moved`: the server has
 * another history now, restored or wiped, in which whoever wrote it has done nothing yet.
 */
export type Fate = 'unseen' | 'there' | 'gone' | 'moved' | 'unreadable';

/** Follows one entry that this client writes. */
export class OwnEntry {
  readonly #parts: Parts;
  readonly #mirror: Mirror;
  readonly #offs: readonly (() => void)[];
  #written = Number.POSITIVE_INFINITY;
  #epoch: string | undefined;

  /** `onMoved`: look again. */
  constructor(parts: Parts, path: string, onMoved: () => void) {
    this.#parts = parts;
    this.#mirror = unkeptMirror(parts.context, path);
    this.#offs = [
      this.#mirror.on('change', onMoved),
      this.#mirror.on('status', onMoved),
      parts.client.on('status', onMoved),
    ];
  }

  get path(): string {
    return this.#mirror.path;
  }

  get entry(): Entry | undefined {
    return this.#mirror.get(this.path);
  }

  /** It was written at that revision, in the history that the server has now. */
  wrote(revision: number): void {
    this.#written = revision;
    this.#epoch = undefined;
  }

  get fate(): Fate {
    const { position, status } = this.#mirror;
    if (status === 'failed') return 'unreadable';
    const connection = this.#parts.client.status;
    const epoch = connection.kind === 'open' ? connection.epoch : this.#epoch;
    this.#epoch ??= position?.epoch;
    // What a new connection says comes before the mirror knows what that means for it.
    if (this.#epoch !== undefined && (epoch !== this.#epoch || position?.epoch !== this.#epoch))
      return 'moved';
    if (position === undefined || position.revision < this.#written) return 'unseen';
    return this.entry === undefined ? 'gone' : 'there';
  }

  close(): void {
    for (const off of this.#offs) off();
    this.#mirror.close();
  }
}
