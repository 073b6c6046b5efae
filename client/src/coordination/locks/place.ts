import { childOf, type EntryMeta } from '@confer/shared';
import type { WaitOptions } from '../../api.ts';
import { ConferError, ConflictError, TimeoutError } from '../../errors.ts';
import { closedError } from '../../make-error.ts';
import { ConditionVariable } from '../../requests/condition-variable.ts';
import type { Lease } from '../api.ts';
import { holderOf } from '../holder.ts';
import { hurry } from '../hurry.ts';
import { OwnEntry } from '../own-entry.ts';
import type { Parts } from '../parts.ts';
import { unkeptMirror } from '../unkept-mirror.ts';
import type { Patience } from './patience.ts';
import { isSameIn, predecessorOf, queueIn } from './queue.ts';

/** What somebody queues up for. */
export interface Wanted {
  /** In words that a message goes on from: `the lock orders`. */
  readonly subject: string;
  readonly folder: string;
  /** Of the entry. */
  readonly value: string;
  readonly ttlMs: number;
  /** Of the lease. */
  readonly about: string;
}

type State =
  | { readonly kind: 'there' }
  | { readonly kind: 'lost'; readonly error: ConferError }
  | { readonly kind: 'left' };

/** Who gives up waits no longer for a server that does not answer: the lease ends by itself. */
const GIVE_UP_MS = 1_000;

/**
 * A place in a queue: an entry of its own, with a lease of its own. Who has the lowest `createRevision` of all that are
 * there holds what they queue for, and each waits for the one before it alone, so that an end wakes one and not all.
 *
 * A place is never taken twice: its path is new, and written only if nothing is there (S4). One that is lost is given
 * up before another is taken.
 */
export class Place {
  readonly lease: Lease;
  /** The fencing token: revisions only rise, and this one is that of the entry's commit. */
  readonly revision: number;
  readonly #parts: Parts;
  readonly #wanted: Wanted;
  readonly #own: OwnEntry;
  readonly #abort = new AbortController();
  readonly #waiters: ConditionVariable;
  readonly #onClosing = () => void this.leave().catch(() => {});
  readonly #onLease = () => this.#look();
  readonly #endHurry: () => void;
  #state: State = { kind: 'there' };

  static async take(parts: Parts, wanted: Wanted, wait: WaitOptions): Promise<Place> {
    const { folder, value, ttlMs, about } = wanted;
    const holder = holderOf(parts.client);
    const lease = await holder.grant({ ttlMs, name: about, ...wait });
    const path = childOf(folder, parts.context.newId());
    try {
      const revision = await put(parts, path, value, lease, wait);
      return new Place(parts, wanted, path, lease, revision);
    } catch (error) {
      await giveUp(parts, () => lease.revoke());
      throw error;
    }
  }

  private constructor(parts: Parts, wanted: Wanted, path: string, lease: Lease, revision: number) {
    const { context } = parts;
    this.#parts = parts;
    this.#wanted = wanted;
    this.lease = lease;
    this.revision = revision;
    this.#waiters = new ConditionVariable(wanted.subject, context.connection);
    this.#own = new OwnEntry(parts, path, () => this.#look());
    this.#own.wrote(revision);
    lease.signal.addEventListener('abort', this.#onLease);
    context.closing.addEventListener('abort', this.#onClosing);
    this.#endHurry = hurry(parts, lease.ttlMs);
    this.#look();
  }

  get path(): string {
    return this.#own.path;
  }

  /** Aborted when it is there no more. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** By the clock, too, where no timer has had its turn yet. */
  get kind(): State['kind'] {
    this.#look();
    return this.#state.kind;
  }

  /** Why it is lost. */
  get loss(): ConferError | undefined {
    this.#look();
    return this.#state.kind === 'lost' ? this.#state.error : undefined;
  }

  /** Resolves when nobody is before it. Throws what ended the wait, `loss` where that was the end of the place. */
  async first(patience: Patience): Promise<void> {
    const { client } = this.#parts;
    const { folder, subject } = this.#wanted;
    for (;;) {
      const options = { depth: 1, values: false, ...patience.wait } as const;
      const { entries, revision } = await client.list(folder, options);
      const queue = queueIn(folder, entries);
      if (!queue.some((entry) => this.#isOwn(entry))) this.#lose('it is not there any more');
      this.#throwIfOver();
      const ahead = predecessorOf(queue, this.revision);
      if (ahead === undefined) break;
      if (patience.leftMs === 0) throw held(subject);
      await this.#goneOf(ahead, revision, patience);
    }
    // From here on its end is seen at once.
    const isSeen = () => this.#own.fate === 'there';
    const deadline = this.#parts.context.newDeadline(patience.wait);
    await this.#waiters.until(isSeen, deadline, 'seen to be there');
    this.#throwIfOver();
  }

  /** Writes another value, as long as it is there. */
  async proclaim(value: string, options: WaitOptions = {}): Promise<void> {
    this.#throwIfOver();
    let ifRevision = this.#own.entry?.modRevision ?? this.revision;
    for (;;) {
      try {
        const lease = this.lease.id;
        await this.#parts.client.set(this.path, value, { ...options, lease, ifRevision });
        return;
      } catch (error) {
        if (!(error instanceof ConflictError)) throw error;
        const { current } = error;
        // What was written before has come late, or somebody else has been there.
        if (current === undefined || !this.#isOwn(current)) this.#lose('it is not there any more');
        else ifRevision = current.modRevision;
        this.#throwIfOver();
      }
    }
  }

  /** Gives it up. It is over for whoever had it before anybody else learns of it. */
  async leave(options?: WaitOptions): Promise<void> {
    this.#end({ kind: 'left' }, closedError(this.#wanted.subject));
    await this.lease.revoke(options);
  }

  /** The same for who has something else to do: waits a moment, and reports nothing. */
  abandon(): Promise<void> {
    return giveUp(this.#parts, () => this.leave());
  }

  /** Waits until somebody is gone that was there at a revision. */
  async #goneOf(ahead: EntryMeta, revision: number, patience: Patience): Promise<void> {
    const mirror = unkeptMirror(this.#parts.context, ahead.path);
    const isGone = () =>
      mirror.status === 'failed' ||
      ((mirror.revision ?? 0) >= revision && !isSameIn(mirror.get(ahead.path), ahead));
    const offs = [
      mirror.on('change', () => this.#waiters.notify()),
      mirror.on('status', () => this.#waiters.notify()),
    ];
    try {
      await this.#waiters.until(isGone, patience.deadline, 'free');
    } catch (error) {
      throw error instanceof TimeoutError ? held(this.#wanted.subject) : error;
    } finally {
      for (const off of offs) off();
      mirror.close();
    }
  }

  #look(): void {
    if (this.#state.kind !== 'there') return;
    if (this.lease.status !== 'held') this.#lose(this.lease.loss?.message ?? 'its lease is over');
    else {
      const { fate, entry } = this.#own;
      // safeguard: lock-is-lost-with-its-entry
      if (fate === 'gone') this.#lose('somebody has removed it');
      else if (fate === 'moved') this.#lose('the server has another history now');
      else if (fate === 'unreadable') this.#lose('it may not be read', 'forbidden');
      else if (fate === 'there' && !this.#isOwn(entry)) this.#lose('somebody has overwritten it');
    }
    this.#waiters.notify();
  }

  #isOwn(entry: EntryMeta | undefined): boolean {
    return (
      entry?.path === this.path &&
      entry.createRevision === this.revision &&
      entry.lease === this.lease.id
    );
  }

  /** `forbidden` is what no other place would mend. */
  #lose(why: string, code: 'lease_lost' | 'forbidden' = 'lease_lost'): void {
    const message = `${this.#wanted.subject} is lost: ${why}`;
    const error = new ConferError(code, message, { path: this.path });
    if (!this.#end({ kind: 'lost', error }, error)) return;
    // Others need not wait for the end of a lease that is of no use to anybody.
    void this.lease.revoke().catch(() => {});
  }

  /** The one door out of `there`. Returns whether it was. */
  #end(state: Exclude<State, { kind: 'there' }>, error: ConferError): boolean {
    if (this.#state.kind !== 'there') {
      // Whoever gives up what is lost has given it up.
      if (state.kind === 'left') this.#state = state;
      return false;
    }
    this.#state = state;
    this.lease.signal.removeEventListener('abort', this.#onLease);
    this.#parts.context.closing.removeEventListener('abort', this.#onClosing);
    this.#endHurry();
    this.#own.close();
    this.#waiters.fail(error);
    this.#abort.abort(error);
    return true;
  }

  #throwIfOver(): void {
    this.#look();
    if (this.#state.kind === 'lost') throw this.#state.error;
    if (this.#state.kind === 'left') throw closedError(this.#wanted.subject);
  }
}

/** Writes the entry once, and says at which revision. */
async function put(
  { client }: Parts,
  path: string,
  value: string,
  lease: Lease,
  wait: WaitOptions,
): Promise<number> {
  try {
    const { revision } = await client.commit({
      operations: [{ type: 'put', path, value, lease: lease.id }],
      conditions: [{ path, modRevision: 0 }],
      ...wait,
    });
    return revision;
  } catch (error) {
    // A try before this one has done it, so long ago that the server has forgotten.
    if (error instanceof ConflictError && error.current?.lease === lease.id)
      return error.current.createRevision;
    throw error;
  }
}

async function giveUp({ client, context }: Parts, revoke: () => Promise<unknown>): Promise<void> {
  const revoked = revoke().catch(() => {});
  if (client.status.kind !== 'open') return;
  let cancel = () => {};
  const late = new Promise<void>((resolve) => {
    const timer = context.clock.setTimer(GIVE_UP_MS, resolve);
    cancel = () => timer.cancel();
  });
  await Promise.race([revoked, late]);
  cancel();
}

function held(subject: string): ConferError {
  return new ConferError('lock_held', `somebody else holds ${subject}, and did not let go in time`);
}
