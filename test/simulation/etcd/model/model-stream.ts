import type { Timer } from '@confer/shared';
import {
  EtcdError,
  type WatchHandlers,
  type WatchStream,
} from '../../../../server/src/engine/etcd/client/cluster.ts';
import type {
  WatchCreate,
  WatchEvent,
  WatchResponse,
} from '../../../../server/src/engine/etcd/client/messages.ts';
import { isInRange, nameOf, rangeOf } from './keys.ts';
import type { AtMember, ModelMember } from './model-member.ts';

export interface ModelStreamOptions {
  readonly etcd: World;
  readonly member: ModelMember;
  readonly request: WatchCreate;
  readonly handlers: WatchHandlers;
  readonly onOver: () => void;
}

import type { OpenStream, World } from './world.ts';

/** The id of the one watch, and of what is of the stream and of no watch. */
const WATCH = '0';
const STREAM = '-1';
/** Revisions that one response holds at most here; a real member takes 1,000. */
const REVISIONS_MAX = 5;

/**
 * A stream with a watch at a member: what is collected waits in order until it is sent. A watch that starts in the
 * future waits until it comes.
 */
export class ModelStream implements WatchStream, AtMember, OpenStream {
  readonly #options: ModelStreamOptions;
  /** What comes next; `undefined` before it is there. */
  #next: number | undefined;
  #queue: WatchResponse[] = [];
  #isOver = false;
  #isPaused = false;
  isSilent = false;
  #isAsked = false;
  #isCollecting = false;
  #isSending = false;
  #bookmark: Timer | undefined;

  constructor(options: ModelStreamOptions) {
    this.#options = options;
    options.etcd.streams.add(this);
    this.#later(() => this.#arrive());
  }

  requestProgress(): void {
    this.#later(() => this.#options.member.receive(() => this.#answerProgress()));
  }

  setPaused(isPaused: boolean): void {
    this.#isPaused = isPaused;
    this.#sendSoon();
  }

  cancel(): void {
    if (!this.#isOver) this.#end();
  }

  cut(): void {
    this.#options.member.leave(this);
    this.#later(() => {
      if (this.#isOver || this.isSilent) return;
      this.#end();
      this.#options.handlers.onEnd(new EtcdError('unavailable', 'the stream was cut'));
    });
  }

  look(): void {
    this.#collectSoon();
    this.#sendSoon();
  }

  #arrive(): void {
    const { member, request } = this.#options;
    if (this.#isOver) return;
    if (member.state === 'down') {
      this.cut();
      return;
    }
    member.enter(this);
    member.receive(() => {
      this.#next = request.startRevision;
      this.#queue.push(this.#response({ created: true }));
      this.#bookmarkLater();
      this.#collect();
    });
  }

  /** An unsound version says where the member is, whatever of it is sent. */
  #answerProgress(): void {
    if (this.#isOver || this.#next === undefined) return;
    if (this.#options.etcd.isProgressSound) {
      this.#isAsked = true;
      this.#collectSoon();
      return;
    }
    const response = this.#response({ watchId: STREAM });
    this.#later(() => this.#tell(response));
  }

  #bookmarkLater(): void {
    const { clock, random } = this.#options.etcd;
    this.#bookmark = clock.setTimer(random.int(1_000, 20_000), () => {
      this.#bookmarkLater();
      if (!this.#isCurrent) return;
      this.#queue.push(this.#response({}));
      this.#sendSoon();
    });
  }

  /** Whether it has all that the member has. */
  get #isCurrent(): boolean {
    return this.#next !== undefined && this.#next > this.#options.member.view.revision;
  }

  #collectSoon(): void {
    if (this.#isCollecting || this.#isOver) return;
    this.#isCollecting = true;
    const { clock, random } = this.#options.etcd;
    clock.setTimer(random.chance(0.1) ? random.int(0, 400) : random.int(0, 3), () => {
      this.#isCollecting = false;
      this.#options.member.receive(() => this.#collect());
    });
  }

  #collect(): void {
    const { member, etcd } = this.#options;
    if (this.#isOver || this.#next === undefined) return;
    const { revision, compacted } = member.view;
    if (this.#next < compacted) {
      this.#queue.push(this.#response({ canceled: true, compactRevision: compacted }));
      this.#next = undefined;
    } else {
      this.#gather(revision);
      if (this.#isAsked && etcd.isProgressSound && this.#isCurrent) {
        this.#isAsked = false;
        this.#queue.push(this.#response({ watchId: STREAM }));
      }
    }
    this.#sendSoon();
  }

  /** What there is up to a revision, several revisions together, none of them in two responses but as fragments. */
  #gather(revision: number): void {
    const { etcd, request } = this.#options;
    const { history, random } = etcd;
    const range = rangeOf(request);
    let events: WatchEvent[] = [];
    let room = random.int(1, REVISIONS_MAX);
    for (let at = this.#next ?? revision; at <= revision; at++) {
      const made = history.revisions.get(at)?.events ?? [];
      const ours = made.filter(({ kv }) => isInRange(nameOf(kv.key), range));
      if (ours.length === 0) continue;
      events.push(...shuffled(ours, random.next));
      if (--room > 0) continue;
      this.#push(events);
      events = [];
      room = random.int(1, REVISIONS_MAX);
    }
    this.#push(events);
    this.#next = Math.max(this.#next ?? 0, revision + 1);
  }

  #push(events: readonly WatchEvent[]): void {
    const { random } = this.#options.etcd;
    let from = 0;
    while (from < events.length) {
      const isCut = random.chance(0.2);
      const to = isCut ? from + random.int(1, events.length - from) : events.length;
      const response = { events: events.slice(from, to), fragment: to < events.length };
      this.#queue.push(this.#response(response));
      from = to;
    }
  }

  #sendSoon(): void {
    if (this.#isSending || this.#isOver || this.#queue.length === 0) return;
    this.#isSending = true;
    this.#later(() => {
      this.#isSending = false;
      if (this.#isPaused || this.#options.member.state !== 'up') return;
      const response = this.#queue.shift();
      if (response === undefined) return;
      this.#tell(response);
      this.#sendSoon();
    });
  }

  #tell(response: WatchResponse): void {
    if (this.#isOver || this.isSilent || this.#isPaused) return;
    this.#options.handlers.onResponse(response);
  }

  #response(part: Partial<WatchResponse>): WatchResponse {
    return {
      header: this.#options.member.header,
      watchId: WATCH,
      created: false,
      canceled: false,
      compactRevision: 0,
      cancelReason: '',
      fragment: false,
      events: [],
      ...part,
    };
  }

  #end(): void {
    this.#isOver = true;
    this.#bookmark?.cancel();
    this.#options.member.leave(this);
    this.#options.etcd.streams.delete(this);
    this.#options.onOver();
  }

  #later(run: () => void): void {
    const { clock, random } = this.#options.etcd;
    clock.setTimer(random.chance(0.05) ? random.int(0, 40) : random.int(0, 2), run);
  }
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
