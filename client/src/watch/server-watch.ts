import {
  type Clock,
  type ErrorReply,
  errorKind,
  isErrorCode,
  type Position,
  type Timer,
  type Watching,
  type WatchMessage,
} from '@confer/shared';
import type { Backoff } from '../connection/backoff.ts';
import type { ConferError } from '../errors.ts';
import { errorOfReply, revokedError } from '../make-error.ts';
import type { Requests } from '../requests/requests.ts';
import type { RetryOutlook } from '../status.ts';
import { compactedError } from './compacted-error.ts';
import { newHistory, noteCommits, noteResync } from './watch-history.ts';
import { step } from './watch-machine.ts';
import { WatchRules } from './watch-rules.ts';
import type { WatchConsumer, WatchSpec } from './watch-state.ts';
import {
  initialState,
  resumeFrom,
  type WatchEffect,
  type WatchEvent,
  type WatchState,
} from './watch-state.ts';
import { WatchTimeouts } from './watch-timeouts.ts';

/**
 * How the server knows the watch:
 *
 *   unknown ──ask──▶ asked ──watching──▶ named
 *      ▲               │ refused, `rewatch`  │
 *      │               ▼                     │
 *      ├──timer──── pausing ◀────────────────┤
 *      ├──resume─── held ◀──────pause────────┤
 *      └──────────── lost, left ─────────────┘
 */
type Link =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'pausing'; readonly timer: Timer; readonly retryAt: number }
  | { readonly kind: 'held' }
  | { readonly kind: 'asked' }
  | { readonly kind: 'named'; readonly name: string; readonly rules: WatchRules };

/** The way of a watch to the server: what it needs of its registry and of the connection. */
export interface WatchUpstream {
  readonly clock: Clock;
  readonly requests: Requests;
  /** `undefined` while there is no connection. */
  readonly epoch: string | undefined;
  /** That positions reached over this connection, or the last one, are on. */
  readonly timeline: string | undefined;
  /** Since when the server says that it may be behind. */
  readonly behindSince: number | undefined;
  leave(name: string): void;
  /** From now on, messages of that name are for this watch. */
  register(name: string, watch: ServerWatch): void;
  isTaken(name: string): boolean;
  /** Ends the connection: the server broke the protocol. */
  refuse(problem: string): void;
  /** The watch has ended. */
  forget(watch: ServerWatch, name: string | undefined): void;
}

/** One try to open the watch. An answer counts only while its ticket is the current one. */
type Ticket = Link & { readonly kind: 'asked' };

/**
 * One subscription at the server, with its state machine. Asked for again, with its position as the resume
 * token, for as long as somebody wants it.
 */
export class ServerWatch {
  readonly spec: WatchSpec;
  readonly #consumer: WatchConsumer;
  readonly #upstream: WatchUpstream;
  readonly #backoff: Backoff;
  #state: WatchState;
  /** That the position was reached on. */
  #timeline: string | undefined;
  readonly #history = newHistory();
  #link: Link = { kind: 'unknown' };
  readonly #timeouts: WatchTimeouts;

  constructor(spec: WatchSpec, consumer: WatchConsumer, upstream: WatchUpstream, backoff: Backoff) {
    this.spec = spec;
    this.#consumer = consumer;
    this.#upstream = upstream;
    this.#backoff = backoff;
    this.#state = initialState(spec.mode, spec.after);
    this.#timeline = spec.after?.timeline;
    this.#timeouts = new WatchTimeouts(
      upstream.clock,
      () => consumer.moved(this.#state, 'a batch does not end'),
      (waitedMs) => upstream.refuse(`nothing for the watch of ${spec.path} for ${waitedMs} ms`),
    );
  }

  get state(): WatchState {
    return this.#state;
  }

  /** It has what the server has, as far as anybody can tell. */
  get isLive(): boolean {
    const isBehind = this.#upstream.behindSince !== undefined;
    return this.#state.kind === 'live' && !this.#timeouts.isLate && !isBehind;
  }

  get behindSince(): number | undefined {
    return this.#upstream.behindSince;
  }

  /** The server is behind, or is not any more. */
  behindChanged(): void {
    this.#consumer.moved(this.#state, 'the server says how far it may be behind');
  }

  /** A copy of a position, with the timeline that it was reached on. */
  withTimeline<Reached extends Position | undefined>(position: Reached): Reached {
    const timeline = this.#timeline;
    return position && { ...position, ...(timeline !== undefined && { timeline }) };
  }

  /** When it is asked for again, after a refusal or a misfit. */
  get retry(): RetryOutlook {
    return this.#link.kind === 'pausing' ? { retryAt: this.#link.retryAt } : {};
  }

  diagnostics() {
    const { path, mode } = this.spec;
    const position = this.withTimeline(this.#state.position);
    const resyncs = { ...this.#history.resyncs };
    return { path, mode, link: this.#link.kind, position, ...this.#history, resyncs };
  }

  /** Asks the server for it, unless that is under way or there is no connection. */
  open(): void {
    if (this.#upstream.epoch === undefined || this.#state.kind === 'ended') return;
    if (this.#link.kind !== 'unknown' && this.#link.kind !== 'pausing') return;
    const ticket: Ticket = { kind: 'asked' };
    this.#become(ticket);
    const { path, mode, prev } = this.spec;
    const after = this.withTimeline(resumeFrom(this.#state));
    const flags = { prev: prev || undefined, clears: mode === 'state' || undefined };
    this.#upstream.requests.tell(
      (id) => ({ type: 'watch', id, path, mode, after, ...flags }),
      (reply) => {
        if (reply.type === 'watching') this.#accepted(reply, ticket);
        else if (reply.type === 'error') this.#refused(reply, ticket);
        else this.#upstream.refuse(`${reply.type} for the watch of ${path}`);
      },
    );
  }

  #accepted({ watch: name, revision }: Watching, ticket: Ticket): void {
    const { epoch } = this.#upstream;
    if (this.#upstream.isTaken(name)) {
      this.#upstream.refuse(`the name ${name} for two watches`);
      return;
    }
    if (this.#link !== ticket || epoch === undefined) {
      this.#upstream.leave(name);
      return;
    }
    const { path, mode } = this.spec;
    const start = resumeFrom(this.#state)?.revision ?? revision;
    this.#become({ kind: 'named', name, rules: new WatchRules(path, mode, epoch, start) });
    this.#upstream.register(name, this);
    this.dispatch({ type: 'watching', revision, epoch }, 'catching up');
  }

  #refused(reply: ErrorReply, ticket: Ticket): void {
    if (this.#link !== ticket) return;
    if (mayComeAgain(reply)) this.#again(reply.message);
    else this.fail(errorOfReply(reply));
  }

  /** The connection is gone, and the name with it. */
  lost(reason: string): void {
    if (this.#link.kind !== 'held') this.#become({ kind: 'unknown' });
    this.dispatch({ type: 'disconnected' }, reason);
  }

  /** Takes the watch from the server until `resume`, which continues where it was. */
  pause(): void {
    this.#unname();
    this.#become({ kind: 'held' });
    this.dispatch({ type: 'disconnected' }, 'paused');
  }

  resume(): void {
    if (this.#link.kind !== 'held') return;
    this.#become({ kind: 'unknown' });
    this.open();
  }

  /** Asks for a `synced` with the digest. One that is not live gets a `synced` in any case. */
  verify(): void {
    const link = this.#link;
    if (link.kind === 'named')
      this.#upstream.requests.tell((id) => ({ type: 'verify', id, watch: link.name }));
  }

  /** Takes the watch from the server for good. */
  leave(): void {
    this.#unname();
  }

  fail(error: ConferError): void {
    const link = this.#link;
    this.#become({ kind: 'unknown' });
    this.#upstream.forget(this, link.kind === 'named' ? link.name : undefined);
    this.#consumer.failed(error);
  }

  /** A message of its name. One that breaks the protocol changes nothing, and ends the connection. */
  received(message: WatchMessage, reason: string): void {
    if (this.#link.kind !== 'named') return;
    const problem = this.#link.rules.problemOf(message, this.#state);
    if (problem === undefined) this.dispatch(message, reason);
    else this.#upstream.refuse(`${message.type} for the watch of ${this.spec.path}: ${problem}`);
  }

  dispatch(event: WatchEvent, reason: string): void {
    const wasLive = this.isLive;
    const last = this.#state;
    const { timeline } = this.#upstream;
    // One that is not named is not told apart.
    const isSameTimeline = (this.#timeline ?? timeline) === (timeline ?? this.#timeline);
    const { state, effect } = step(last, event, isSameTimeline);
    this.#state = state;
    // safeguard: position-keeps-its-timeline-until-it-moves
    // What the consumer shows, and the machine goes back to, has its own.
    if (state.position !== last.position) this.#timeline = state.position?.timeline ?? timeline;
    // A watch that lived until a heartbeat is well; one that is left again at once is not.
    if (event.type === 'heartbeat' && state.kind === 'live') this.#backoff.reset();
    if (event.type !== 'heartbeat') this.#expect();
    this.#note(event, last, effect);
    if (effect?.type === 'rewatch') this.#again(effect.reason);
    else if (effect?.type === 'end') this.fail(compactedError(this.spec.path, effect));
    else if (effect?.type === 'revoked') this.fail(revokedError(this.spec.path, effect.revision));
    else {
      if (effect !== undefined)
        this.#consumer.receive({ ...effect, position: this.withTimeline(effect.position) });
      // The consumer may have paused or distrusted what it received, and heard about that already.
      if (this.#state === state && (state.kind !== last.kind || this.isLive !== wasLive))
        this.#consumer.moved(state, reason);
    }
  }

  #note(event: WatchEvent, last: WatchState, effect: WatchEffect | undefined): void {
    const { clock } = this.#upstream;
    if (event.type === 'resync' && this.#state !== last)
      noteResync(this.#history, clock, event.reason);
    if (effect?.type === 'rewatch') noteResync(this.#history, clock, effect.cause);
    if (effect?.type === 'apply') noteCommits(this.#history, effect.commits);
  }

  /** Leaves, and asks once more after a while: what went wrong once may go wrong in a loop. */
  #again(reason: string): void {
    this.#unname();
    const delayMs = this.#backoff.nextMs();
    const timer = this.#upstream.clock.setTimer(delayMs, () => this.open());
    this.#become({ kind: 'pausing', timer, retryAt: this.#upstream.clock.now() + delayMs });
    this.#consumer.moved(this.#state, reason);
  }

  /** The server may give the name to another watch right away, so it is let go here first. */
  #unname(): void {
    const link = this.#link;
    this.#become({ kind: 'unknown' });
    if (link.kind === 'named') this.#upstream.leave(link.name);
  }

  #become(next: Link): void {
    if (this.#link.kind === 'pausing') this.#link.timer.cancel();
    this.#link = next;
    this.#expect();
  }

  #expect(): void {
    const { kind } = this.#link;
    const state = this.#state;
    const isUnderWay = state.kind === 'snapshotting' || state.kind === 'catching-up';
    if (kind === 'named' && state.kind === 'live' && state.batch !== undefined)
      this.#timeouts.expect('batch');
    else
      this.#timeouts.expect(
        kind === 'asked' || (kind === 'named' && isUnderWay) ? 'something' : 'nothing',
      );
  }
}

function mayComeAgain({ code }: ErrorReply): boolean {
  return isErrorCode(code) && errorKind(code).retry === 'backoff';
}
