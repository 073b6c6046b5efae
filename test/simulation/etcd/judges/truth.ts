import { pathProblem } from '@confer/shared';
import type { WatchEvent } from '../../../../server/src/engine/etcd/client/messages.ts';
import type { History, Origin } from '../model/history.ts';
import { nameOf } from '../model/keys.ts';

/** Below it is everything that gateways show and keep. */
export const PREFIX = '/c';

/** What a path holds, by what etcd has. */
export interface TrueEntry {
  readonly path: string;
  readonly value: string;
  readonly createRevision: number;
  readonly modRevision: number;
  readonly version: number;
}

/** What a revision changed of what gateways show. */
export interface TrueChange {
  readonly path: string;
  readonly before: TrueEntry | undefined;
  readonly after: TrueEntry | undefined;
}

/** A request that was made, by its record. */
export interface Made {
  readonly requestId: string;
  readonly revision: number;
  readonly origin: Origin;
  /** By what it does where a condition does not hold. */
  readonly otherwise: boolean;
}

const SIDECARS = ['head', 'epoch', 'floor', 'compact', 'fence'].map((name) => `/.confer/${name}`);
const RECORDS = '/.confer/c/';
export const EPOCH_KEY = `${PREFIX}/.confer/epoch`;
export const HEAD_KEY = `${PREFIX}/.confer/head`;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** What gateways have to show of one history of etcd: valid paths with text, and nothing of what is beside them. */
export class Truth {
  readonly #history: History;
  readonly #changes = new Map<number, readonly TrueChange[]>();
  /** Mostly once each; once more where somebody deleted its record by hand. */
  readonly #made = new Map<string, Made[]>();
  /** Whose record is there. */
  readonly #known = new Set<string>();
  readonly #madeAt = new Map<number, Made>();
  /** Requests that were made more than once. */
  readonly doubles = new Set<string>();
  /** Up to here it is read. */
  #read = 1;

  constructor(history: History) {
    this.#history = history;
  }

  /** Of each revision that changed something, in order. */
  changesAt(revision: number): readonly TrueChange[] {
    this.#readAll();
    return this.#changes.get(revision) ?? [];
  }

  /** The first revision after one, and before another, that changed something. */
  changedBetween(after: number, before: number): number | undefined {
    for (let at = after + 1; at < before; at++) if (this.changesAt(at).length > 0) return at;
    return undefined;
  }

  made(requestId: string): readonly Made[] {
    this.#readAll();
    return this.#made.get(requestId) ?? [];
  }

  allMade(): Iterable<Made> {
    this.#readAll();
    return this.#madeAt.values();
  }

  madeAt(revision: number): Made | undefined {
    this.#readAll();
    return this.#madeAt.get(revision);
  }

  entryAt(path: string, revision: number): TrueEntry | undefined {
    const kv = this.#history.at(nameOf(Buffer.from(PREFIX + path)), revision);
    return kv && entryBy(kv);
  }

  stateAt(revision: number): Map<string, TrueEntry> {
    const state = new Map<string, TrueEntry>();
    for (const kv of this.#history.scan({ from: `${PREFIX}/`, to: `${PREFIX}0` }, revision)) {
      const held = entryBy(kv);
      if (held !== undefined) state.set(held.path, held);
    }
    return state;
  }

  #readAll(): void {
    const { revision } = this.#history.last;
    while (this.#read < revision) {
      this.#read++;
      const made = this.#history.revisions.get(this.#read);
      if (made === undefined) continue;
      const changes = made.events.flatMap((event) => this.#changeOf(event));
      if (changes.length > 0) this.#changes.set(this.#read, changes);
      for (const event of made.events) this.#note(event, made.origin);
    }
  }

  #changeOf({ type, kv }: WatchEvent): TrueChange[] {
    const path = pathOf(kv.key);
    if (path === undefined) return [];
    const old = this.#history.at(nameOf(kv.key), this.#read - 1);
    const before = old && entryBy(old);
    const after = type === 'put' ? entryBy(kv) : undefined;
    return before === undefined && after === undefined ? [] : [{ path, before, after }];
  }

  #note({ type, kv }: WatchEvent, origin: Origin): void {
    const key = textOf(kv.key)?.slice(PREFIX.length) ?? '';
    if (!key.startsWith(RECORDS)) return;
    const requestId = key.slice(RECORDS.length);
    if (type === 'delete') this.#known.delete(requestId);
    const record = textOf(kv.value);
    if (type === 'delete' || record?.includes('"isVoid":true') === true) return;
    if (this.#known.has(requestId)) this.doubles.add(requestId);
    this.#known.add(requestId);
    const otherwise = record?.includes('"otherwise":true') === true;
    const made = { requestId, revision: this.#read, origin, otherwise };
    this.#made.set(requestId, [...(this.#made.get(requestId) ?? []), made]);
    this.#madeAt.set(made.revision, made);
  }
}

function pathOf(key: Uint8Array): string | undefined {
  const text = textOf(key);
  if (text === undefined || !text.startsWith(`${PREFIX}/`)) return undefined;
  const path = text.slice(PREFIX.length);
  const isSidecar = SIDECARS.includes(path) || path.startsWith(RECORDS);
  return isSidecar || pathProblem(path) !== undefined ? undefined : path;
}

function entryBy(kv: WatchEvent['kv']): TrueEntry | undefined {
  const path = pathOf(kv.key);
  const value = textOf(kv.value);
  if (path === undefined || value === undefined) return undefined;
  const { createRevision, modRevision, version } = kv;
  return { path, value, createRevision, modRevision, version };
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}
