import { type Entry, isWithin, type Position } from '@confer/shared';
import type {
  Mirror,
  MirrorChange,
  MirrorEvents,
  MirrorReady,
  MirrorReadyOptions,
  MirrorSnapshot,
  WaitOptions,
} from '../api.ts';
import { Emitter } from '../delivery/emitter.ts';
import type { ConferError } from '../errors.ts';
import { closedError } from '../make-error.ts';
import { ConditionVariable } from '../requests/condition-variable.ts';
import type { LostEvent, MirrorStatus, MirrorStatusChange } from '../status.ts';
import {
  signal as abortSignal,
  callback as aFunction,
  array,
  count,
  text,
} from '../validation/argument-types.ts';
import { checkArgument, checkOptions } from '../validation/arguments.ts';
import type { ClientContext } from '../watch/context.ts';
import type { MirrorReader, ReaderOptions } from './change-reader.ts';
import { type InnerExtras, needed } from './extras.ts';
import { sourceOf } from './readiness.ts';
import type { Replica, ReplicaObserver } from './replica.ts';

export interface MirrorOptions {
  readonly signal: AbortSignal | undefined;
  readonly extras: InnerExtras | undefined;
  readonly onLeft: (mirror: ReplicaMirror) => void;
}

/** One user's handle on a replica, with that user's listeners, readers and waits. */
export class ReplicaMirror implements Mirror, ReplicaObserver {
  readonly #replica: Replica;
  readonly #context: ClientContext;
  readonly #options: MirrorOptions;
  readonly #events: Emitter<MirrorEvents>;
  readonly #readers = new Set<MirrorReader>();
  readonly #waiters: ConditionVariable;
  #closedSince: number | undefined;
  #snapshot: MirrorSnapshot | undefined;
  readonly #abort = () => this.close();

  constructor(replica: Replica, context: ClientContext, options: MirrorOptions) {
    this.#replica = replica;
    this.#context = context;
    this.#options = options;
    this.#events = new Emitter(context.listeners, 'change', 'status', 'lost');
    this.#waiters = new ConditionVariable(`the mirror of ${replica.path}`, replica);
    replica.join(this);
    if (options.signal?.aborted === true) this.close();
    else options.signal?.addEventListener('abort', this.#abort);
  }

  get path(): string {
    return this.#replica.path;
  }

  get status(): MirrorStatus {
    return this.#isClosed ? 'closed' : this.#replica.status;
  }

  get staleSince(): number | undefined {
    return this.#closedSince ?? this.#replica.staleSince;
  }

  get revision(): number | undefined {
    return this.#replica.position?.revision;
  }

  get source(): MirrorReady['source'] | undefined {
    return this.#replica.source;
  }

  get position(): Position | undefined {
    const { position } = this.#replica;
    return position && { ...position };
  }

  get size(): number {
    return this.#replica.table.size;
  }

  async ready(options?: MirrorReadyOptions): Promise<MirrorReady> {
    checkOptions(options, { accept: array });
    const source = await sourceOf(this, this.#waiters, options, this.#context);
    return { revision: this.revision ?? 0, source };
  }

  async waitFor(revision: number, options?: WaitOptions): Promise<void> {
    checkArgument('a revision', revision, count);
    const isShown = () => this.revision !== undefined && this.revision >= revision;
    return this.#until(isShown, options, `at revision ${revision}`);
  }

  async verify(options?: WaitOptions): Promise<boolean> {
    const { proofs } = this.#replica;
    const { held, failed } = proofs;
    this.#replica.verify();
    const isJudged = () => proofs.held + proofs.failed > held + failed;
    await this.#until(isJudged, options, 'verified');
    return proofs.failed === failed;
  }

  get(path: string): Entry | undefined {
    checkArgument('a path', path, text);
    return this.#replica.table.get(path);
  }

  value(path: string): string | undefined {
    return this.get(path)?.value;
  }

  list(path = this.path): readonly Entry[] {
    checkArgument('a path', path, text);
    return this.#replica.table.list(isWithin(this.path, path) ? this.path : path);
  }

  on<Name extends keyof MirrorEvents>(
    event: Name,
    listener: (event: MirrorEvents[Name]) => void,
  ): () => void {
    return this.#events.on(event, listener);
  }

  changes(options: ReaderOptions = {}): AsyncIterableIterator<MirrorChange> {
    checkOptions(options, { signal: abortSignal, bufferMax: count });
    const { newReader } = needed(this.#options.extras, 'mirror.changes');
    const reader = newReader(options, () => this.#readers.delete(reader));
    const { channel } = reader;
    if (this.#isClosed || this.#replica.failure !== undefined)
      channel.end(this.#isClosed ? undefined : this.#replica.failure);
    else if (options.signal?.aborted !== true) this.#readers.add(reader);
    return channel;
  }

  subscribe(callback: () => void): () => void {
    checkArgument('a callback', callback, aFunction);
    const offs = [this.on('change', () => callback()), this.on('status', () => callback())];
    return () => {
      for (const off of offs) off();
    };
  }

  getSnapshot(): MirrorSnapshot {
    this.#snapshot ??= Object.freeze({
      status: this.status,
      revision: this.revision,
      entries: this.#replica.table.copy(),
    });
    return this.#snapshot;
  }

  close(): void {
    if (this.#isClosed) return;
    const from = this.status;
    this.#closedSince = this.staleSince ?? this.#context.clock.now();
    this.#options.signal?.removeEventListener('abort', this.#abort);
    this.#replica.leave(this);
    this.#options.onLeft(this);
    this.#waiters.fail(closedError(`the mirror of ${this.path}`));
    this.#endReaders();
    this.statusChanged({ from, to: 'closed', reason: 'closed' });
    this.#context.listeners.post(() => this.#events.clear());
  }

  changed(change: MirrorChange): void {
    this.#snapshot = undefined;
    for (const reader of this.#readers) reader.push(change);
    this.#events.emit('change', change);
  }

  statusChanged(change: MirrorStatusChange): void {
    this.#snapshot = undefined;
    this.#waiters.notify();
    this.#events.emit('status', Object.freeze(change));
  }

  lost(event: LostEvent): void {
    this.#events.emit('lost', Object.freeze(event));
  }

  moved(): void {
    this.#waiters.notify();
  }

  failed(error: ConferError): void {
    this.#waiters.fail(error);
    this.#endReaders(error);
  }

  get #isClosed(): boolean {
    return this.#closedSince !== undefined;
  }

  #endReaders(error?: ConferError): void {
    for (const { channel } of this.#readers) channel.end(error);
    this.#readers.clear();
  }

  #until(isMet: () => boolean, options: WaitOptions | undefined, what: string): Promise<void> {
    return this.#waiters.until(isMet, this.#context.newDeadline(options), what);
  }
}
