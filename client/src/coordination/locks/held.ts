import type { WaitOptions } from '../../api.ts';
import type { ConferError } from '../../errors.ts';
import { text } from '../../validation/argument-types.ts';
import { checkArgument } from '../../validation/arguments.ts';
import type { HoldStatus, Leadership, Lock } from './api.ts';
import type { Place } from './place.ts';

const statuses = { there: 'held', lost: 'lost', left: 'released' } as const;

/** What a place gives to who is first: a lock, and the lead of an election. */
export class HeldPlace implements Lock, Leadership {
  readonly name: string;
  readonly fencingToken: number;
  readonly #place: Place;
  readonly #report: (error: unknown) => void;

  constructor(name: string, place: Place, report: (error: unknown) => void) {
    this.name = name;
    this.fencingToken = place.revision;
    this.#place = place;
    this.#report = report;
  }

  get path(): string {
    return this.#place.path;
  }

  get status(): HoldStatus {
    return statuses[this.#place.kind];
  }

  get heldForMs(): number {
    return this.status === 'held' ? this.#place.lease.heldForMs : 0;
  }

  get signal(): AbortSignal {
    return this.#place.signal;
  }

  get loss(): ConferError | undefined {
    return this.#place.loss;
  }

  async proclaim(value: string, options?: WaitOptions): Promise<void> {
    checkArgument('a value', value, text);
    await this.#place.proclaim(value, options);
  }

  release(options?: WaitOptions): Promise<void> {
    return this.#place.leave(options);
  }

  resign(options?: WaitOptions): Promise<void> {
    return this.#place.leave(options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.status === 'released') return;
    // Where it fails, the lease ends by itself, and who leaves a block has nothing to do about it.
    await this.release().catch(this.#report);
  }
}
