import {
  type Change,
  type Commit,
  type DownMessage,
  decodeDown,
  type Entry,
  fromWireCommit,
  type NetChange,
  type Position,
  type WireCommit,
} from '@confer/shared';
import { EventStream, type ServerEvent } from '../../../shared/src/test-support/event-stream.ts';
import type { Observation } from '../../validate/history.ts';
import {
  comesBackIn,
  type HttpReader,
  type HttpReaderOptions,
  positionOf,
  SUBTREES,
} from './http-reader.ts';

type Of<Type extends DownMessage['type']> = Extract<DownMessage, { type: Type }>;

/** What is under way to an event reader, and counts only at its end. */
interface Pending {
  /** Pages of a snapshot; missing where none is expected. */
  snapshot: { revision: number; entries: Entry[] } | undefined;
  difference: { to: number; changes: NetChange[] } | undefined;
  batch: WireCommit[];
}

/**
 * A reader of server-sent events, written from PROTOCOL.md and the standard alone: it keeps what the events say, and
 * comes back with the last id.
 */
export class EventReader implements HttpReader {
  readonly name: string;
  readonly subtree: string;
  readonly mode: 'state' | 'events';
  readonly observations: Observation[] = [];
  readonly problems: string[] = [];
  readonly #options: HttpReaderOptions;
  #lastEventId = '';
  /** What it shows; undefined before it has had everything once. */
  #shown: Map<string, Entry> | undefined;
  #history = '';
  #isStopped = false;

  constructor(
    options: HttpReaderOptions & {
      readonly subtree?: string;
      readonly mode?: 'state' | 'events';
    },
  ) {
    const { random, name } = options;
    this.#options = options;
    this.subtree = options.subtree ?? random.pick(SUBTREES);
    this.mode = options.mode ?? random.pick(['state', 'state', 'events']);
    this.name = `${name} (${this.mode} of ${this.subtree})`;
    this.#connect();
  }

  get position(): Position | undefined {
    return positionOf(this.#lastEventId);
  }

  get entries(): readonly Entry[] | undefined {
    return this.#shown && [...this.#shown.values()];
  }

  observe(): void {
    const { position, entries } = this;
    if (position === undefined || entries === undefined) return;
    const history = this.#options.histories.historyOf(position);
    this.observations.push({ kind: 'read', history, revision: position.revision, entries });
  }

  stop(): void {
    this.#isStopped = true;
  }

  #connect(): void {
    const { ask, clock, random } = this.#options;
    const last = this.#lastEventId;
    const isFresh = last === '';
    const pending: Pending = {
      snapshot: isFresh && this.mode === 'state' ? { revision: 0, entries: [] } : undefined,
      difference: undefined,
      batch: [],
    };
    const stream = new EventStream((event) => this.#take(event, pending), last);
    let refused = 0;
    ask(
      {
        target: `/v1/watch${this.subtree}?mode=${this.mode}`,
        headers: isFresh ? {} : { 'last-event-id': last },
      },
      {
        onHead: (status) => {
          if (status !== 200) refused = status;
        },
        onBytes: (bytes) => {
          if (refused === 0) stream.take(bytes);
        },
        onEnd: () => {
          if (this.#isStopped) return;
          if (refused !== 0 && refused !== 503)
            this.problems.push(`W5 ${this.name} was refused with ${refused} at ${last}`);
          clock.setTimer(comesBackIn(stream.retryMs, random), () => this.#connect());
        },
      },
    );
  }

  #take({ data, lastEventId }: ServerEvent, pending: Pending): void {
    if (this.#isStopped) return;
    const decoded = decodeDown(data);
    if (!decoded.ok) {
      if (!data.startsWith('{"type":"closed"')) this.problems.push(`wire: ${decoded.problem}`);
      return;
    }
    const { message } = decoded;
    const before = this.#lastEventId;
    this.#lastEventId = lastEventId;
    if (before !== lastEventId && !MOVES.has(message.type))
      this.problems.push(`W5 ${this.name}: a ${message.type} moved it to ${lastEventId}`);
    if (message.type === 'welcome') this.#history = this.#options.histories.historyOf(message);
    else if (this.mode === 'state') this.#takeState(message, pending);
    else this.#takeEvents(message, pending, before);
  }

  #takeState(message: DownMessage, pending: Pending): void {
    switch (message.type) {
      case 'resync':
        pending.snapshot = { revision: 0, entries: [] };
        pending.difference = undefined;
        return;
      case 'snapshot': {
        const { revision, entries } = message;
        if (pending.snapshot?.revision !== revision) pending.snapshot = { revision, entries: [] };
        pending.snapshot.entries.push(...entries);
        return;
      }
      case 'difference':
        if (pending.difference?.to !== message.to)
          pending.difference = { to: message.to, changes: [] };
        pending.difference.changes.push(...message.changes);
        return;
      case 'commits':
        for (const commit of wholeCommits(message, pending)) this.#apply(commit);
        return;
      case 'synced':
        this.#synced(message, pending);
        return;
      default:
    }
  }

  #takeEvents(message: DownMessage, pending: Pending, before: string): void {
    const history = this.#history;
    if (message.type === 'watching' && before === '')
      this.observations.push({ kind: 'started', history, revision: message.revision });
    if (message.type === 'compacted') {
      this.observations.push({ kind: 'told' });
      this.observations.push({ kind: 'started', history, revision: message.revision });
    }
    if (message.type !== 'commits') return;
    for (const commit of wholeCommits(message, pending))
      this.observations.push({ kind: 'commit', history, commit });
  }

  #apply(commit: Commit): void {
    const shown = this.#shown ?? new Map<string, Entry>();
    const changes = commit.changes.map((change) => withPrev(change, shown));
    const next = new Map(shown);
    for (const change of changes)
      if (change.type === 'put') next.set(change.path, change.entry);
      else next.delete(change.path);
    this.#show(next, 'live', commit.revision, changes);
  }

  #synced({ revision, entries }: Of<'synced'>, pending: Pending): void {
    const shown = this.#shown ?? new Map<string, Entry>();
    const next = new Map(shown);
    const { snapshot, difference } = pending;
    if (snapshot !== undefined) {
      next.clear();
      const pages = snapshot.revision === revision ? snapshot.entries : [];
      for (const entry of pages) next.set(entry.path, entry);
    } else if (difference?.to === revision)
      for (const change of difference.changes)
        if (change.type === 'put') next.set(change.entry.path, change.entry);
        else next.delete(change.path);
    pending.snapshot = undefined;
    pending.difference = undefined;
    if (entries !== undefined && entries !== next.size)
      this.problems.push(`W7 ${this.name} has ${next.size} of ${entries} entries at ${revision}`);
    const changes = differenceOf(shown, next);
    if (this.#shown !== undefined && changes.length > 0)
      this.#show(next, 'resync', revision, changes);
    this.#shown = next;
    this.observe();
  }

  #show(
    next: Map<string, Entry>,
    origin: 'live' | 'resync',
    revision: number,
    changes: readonly Change[],
  ): void {
    this.#shown = next;
    const entries = [...next.values()];
    const history = this.#history;
    this.observations.push({ kind: 'change', origin, history, revision, changes, entries });
  }
}

/** PROTOCOL.md, 5.1, and what an ended event watch is told. */
const MOVES: ReadonlySet<string> = new Set([
  'watching',
  'synced',
  'commits',
  'heartbeat',
  'compacted',
]);

/** The commits of a batch, once it is whole: parts of one are put together. */
function wholeCommits({ commits, more }: Of<'commits'>, pending: Pending): Commit[] {
  pending.batch.push(...commits);
  if (more === true) return [];
  const whole: WireCommit[] = [];
  for (const part of pending.batch) {
    const last = whole.at(-1);
    if (last?.revision === part.revision) last.changes.push(...part.changes);
    else whole.push({ ...part, changes: [...part.changes] });
  }
  pending.batch = [];
  return whole.map(fromWireCommit).map((commit) => ({
    ...commit,
    changes: commit.changes.filter((change) => change.type !== 'clear'),
  }));
}

function withPrev(change: Change, shown: ReadonlyMap<string, Entry>): Change {
  const prev = shown.get(change.path);
  return prev === undefined ? change : { ...change, prev };
}

function differenceOf(
  before: ReadonlyMap<string, Entry>,
  after: ReadonlyMap<string, Entry>,
): Change[] {
  const puts = [...after.values()]
    .filter(({ path, modRevision }) => before.get(path)?.modRevision !== modRevision)
    .map((entry): Change => withPrev({ type: 'put', path: entry.path, entry }, before));
  const deletes = [...before.keys()]
    .filter((path) => !after.has(path))
    .map((path): Change => withPrev({ type: 'delete', path, cause: 'removed' }, before));
  return [...puts, ...deletes];
}
