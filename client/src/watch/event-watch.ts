import { type Commit, fromWireCommit, type Position } from '@confer/shared';
import type { WaitOptions, Watch, WatchOptions } from '../api.ts';
import { Channel, charsOf, QUEUE_CHARS_MAX, QUEUE_LENGTH_MAX } from '../delivery/channel.ts';
import { frozenChanges } from '../delivery/frozen.ts';
import type { WatchDiagnostics } from '../diagnostics.ts';
import type { ConferError } from '../errors.ts';
import { closedError } from '../make-error.ts';
import { ConditionVariable } from '../requests/condition-variable.ts';
import type { ClientContext } from './context.ts';
import type { ServerWatch } from './server-watch.ts';
import type { CopyEffect, WatchConsumer, WatchState } from './watch-state.ts';

/**
 * Every commit of a subtree, for one reader, with backpressure: when the reader is slower than the commits,
 * the watch leaves the server for a while and resumes after the last commit in the queue. Nothing is lost
 * and memory stays bounded, for as long as history reaches back.
 */
export class EventWatch implements Watch, WatchConsumer {
  readonly path: string;
  readonly #context: ClientContext;
  readonly #onLeft: (watch: EventWatch) => void;
  readonly #channel: Channel<Commit>;
  readonly #watch: ServerWatch;
  readonly #waiters: ConditionVariable;
  #queuedChars = 0;
  #started: Position | undefined;
  #over: ConferError | undefined;

  constructor(
    path: string,
    options: WatchOptions,
    context: ClientContext,
    onLeft: (watch: EventWatch) => void,
  ) {
    const { after, prev = false, signal } = options;
    this.path = path;
    this.#context = context;
    this.#onLeft = onLeft;
    this.#waiters = new ConditionVariable(`the watch of ${path}`, context.connection);
    this.#channel = new Channel<Commit>({
      signal,
      onTaken: (commit) => this.#taken(commit),
      onLeft: () => this.close(),
    });
    this.#watch = context.watches.add(
      { path, mode: 'events', prev, after: after && ownCopy(after) },
      this,
    );
    if (signal?.aborted === true) this.close();
  }

  get position(): Position | undefined {
    const { position } = this.#watch.state;
    const [first] = this.#channel.waiting;
    if (first === undefined || position === undefined) return this.#watch.withTimeline(position);
    return this.#watch.withTimeline({ epoch: position.epoch, revision: first.revision - 1 });
  }

  diagnostics(): WatchDiagnostics {
    const waiting = this.#channel.waiting.length;
    return { ...this.#watch.diagnostics(), status: this.#watch.state.kind, waiting };
  }

  async started(options?: WaitOptions): Promise<Position> {
    const deadline = this.#context.newDeadline(options);
    await this.#waiters.until(() => this.#started !== undefined, deadline, 'started');
    if (this.#started === undefined) throw closedError(`the watch of ${this.path}`);
    return this.#started;
  }

  next(): Promise<IteratorResult<Commit, undefined>> {
    return this.#channel.next();
  }

  return(): Promise<IteratorResult<Commit, undefined>> {
    return this.#channel.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  close(): void {
    if (this.#over !== undefined) return;
    this.#over = closedError(`the watch of ${this.path}`);
    this.#context.watches.remove(this.#watch);
    this.#waiters.fail(this.#over);
    this.#channel.end();
    this.#onLeft(this);
  }

  receive(effect: CopyEffect): void {
    if (effect.type !== 'apply') return;
    for (const wire of effect.commits) {
      const told = fromWireCommit(wire);
      // The machine lets no clear through to an event watch: only the compiler does not know.
      const changes = frozenChanges(told.changes.filter((change) => change.type !== 'clear'));
      const commit = Object.freeze({ ...told, changes });
      this.#queuedChars += charsOf(commit);
      this.#channel.push(commit);
    }
    if (this.#channel.waiting.length > QUEUE_LENGTH_MAX || this.#queuedChars > QUEUE_CHARS_MAX)
      this.#watch.pause();
  }

  moved(state: WatchState): void {
    if (state.kind !== 'live' || this.#started !== undefined) return;
    this.#started = Object.freeze(this.#watch.withTimeline(state.position));
    this.#waiters.notify();
  }

  failed(error: ConferError): void {
    if (this.#over !== undefined) return;
    this.#over = error;
    this.#waiters.fail(error);
    this.#channel.end(error);
    this.#onLeft(this);
  }

  #taken(commit: Commit): void {
    this.#queuedChars -= charsOf(commit);
    if (
      this.#channel.waiting.length <= QUEUE_LENGTH_MAX / 2 &&
      this.#queuedChars <= QUEUE_CHARS_MAX / 2
    )
      this.#watch.resume();
  }
}

/** It is told on each connection, so nobody may make it unspeakable later. */
function ownCopy({ epoch, revision, timeline }: Position): Position {
  return { epoch, revision, ...(timeline !== undefined && { timeline }) };
}
