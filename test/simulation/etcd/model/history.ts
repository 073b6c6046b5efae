import { EtcdError } from '../../../../server/src/engine/etcd/client/cluster.ts';
import type {
  KeyValue,
  RangeRequest,
  WatchEvent,
} from '../../../../server/src/engine/etcd/client/messages.ts';
import { bytesOf, type KeyRange, rangeOf } from './keys.ts';

/** What a key held from a revision on; without a value, nothing. */
interface Version {
  readonly revision: number;
  readonly createRevision: number;
  readonly version: number;
  readonly value: Uint8Array | undefined;
  readonly lease: string;
}

/** What a proposal left: members come to it one after the other. */
export interface Applied {
  /** Of the raft log. */
  readonly index: number;
  readonly revision: number;
  readonly compacted: number;
}

/** A revision as it was made. */
export interface Revision {
  readonly events: readonly WatchEvent[];
  /** Whoever proposed it, and when that was sent and made. */
  readonly origin: Origin;
}

export interface Origin {
  readonly name: string;
  readonly sentAt: number;
  readonly madeAt: number;
}

/** Others used it before, as they mostly did: a restore of a cluster that is nearly new is not noticed. */
const FIRST: Applied = { index: 5_004, revision: 5_001, compacted: 0 };
/** Of a cluster that was put back: its members are the first entries of a new log. */
const RESTORED_INDEX = 4;

/**
 * One history of a cluster: a map with all its versions, and what each entry of the raft log came to. Nothing is ever
 * forgotten here; what was compacted is only not told to those who ask, so that judges can look at all of it.
 */
export class History {
  readonly applied: Applied[];
  readonly revisions = new Map<number, Revision>();
  readonly #versions = new Map<string, Version[]>();
  #names: string[] = [];

  constructor(before?: { readonly history: History; readonly applied: Applied }) {
    this.applied = [before === undefined ? FIRST : { ...before.applied, index: RESTORED_INDEX }];
    if (before === undefined) return;
    const { revision } = before.applied;
    for (const [at, made] of before.history.revisions)
      if (at <= revision) this.revisions.set(at, made);
    for (const [name, versions] of before.history.#versions) {
      const old = versions.filter((version) => version.revision <= revision);
      if (old.length > 0) this.#versions.set(name, old);
    }
    this.#names = [...this.#versions.keys()].toSorted();
  }

  get last(): Applied {
    return this.applied.at(-1) ?? FIRST;
  }

  /** The next entry of the log is applied. */
  add(change: Partial<Applied>): void {
    this.applied.push({ ...this.last, ...change, index: this.last.index + 1 });
  }

  /** The next revision, with what happened at it; none where nothing did. */
  addRevision(events: readonly WatchEvent[], origin: Origin): void {
    const revision = this.last.revision + 1;
    if (events.length === 0) this.add({});
    else {
      this.revisions.set(revision, { events, origin });
      this.add({ revision });
    }
  }

  /** What goes with a lease goes, at one revision. */
  endLease(lease: string, origin: Origin): void {
    const { revision } = this.last;
    const names = this.#names.filter((name) => this.at(name, revision)?.lease === lease);
    const events = names.flatMap((name) => this.write(name, undefined, revision + 1) ?? []);
    this.addRevision(events, origin);
  }

  at(name: string, revision: number): KeyValue | undefined {
    const versions = this.#versions.get(name) ?? [];
    for (let i = versions.length - 1; i >= 0; i--) {
      const version = versions[i];
      if (version !== undefined && version.revision <= revision) return keyValueOf(name, version);
    }
    return undefined;
  }

  /** What became of a key, from its first revision on. */
  versionsOf(name: string): readonly Version[] {
    return this.#versions.get(name) ?? [];
  }

  *scan({ from, to }: KeyRange, revision: number): Generator<KeyValue> {
    if (to === undefined) {
      const only = this.at(from, revision);
      if (only !== undefined) yield only;
      return;
    }
    for (let i = this.#placeOf(from); i < this.#names.length; i++) {
      const name = this.#names[i];
      if (name === undefined || name >= to) return;
      const found = this.at(name, revision);
      if (found !== undefined) yield found;
    }
  }

  /** As a member answers that has come so far. */
  range(request: RangeRequest, { revision, compacted }: Applied) {
    const at = request.revision ?? revision;
    if (at > revision) throw outOfRange('etcdserver: mvcc: required revision is a future revision');
    if (at < compacted) throw outOfRange('etcdserver: mvcc: required revision has been compacted');
    const found = [...this.scan(rangeOf(request), at)];
    const { limit = 0, countOnly = false, keysOnly = false } = request;
    const within = limit > 0 ? found.slice(0, limit) : found;
    const kvs = keysOnly ? within.map((kv) => ({ ...kv, value: new Uint8Array() })) : within;
    return {
      kvs: countOnly ? [] : kvs,
      more: !countOnly && found.length > within.length,
      count: found.length,
    };
  }

  /** Returns the event that tells of it; `undefined` where nothing was there to be deleted. */
  write(
    name: string,
    value: Uint8Array | undefined,
    revision: number,
    lease = '0',
  ): WatchEvent | undefined {
    const before = this.at(name, revision);
    if (value === undefined && before === undefined) return undefined;
    const version = {
      revision,
      createRevision: value === undefined ? 0 : (before?.createRevision ?? revision),
      version: value === undefined ? 0 : (before?.version ?? 0) + 1,
      value,
      lease,
    };
    const versions = this.#versions.get(name);
    if (versions === undefined) {
      this.#versions.set(name, [version]);
      this.#names.splice(this.#placeOf(name), 0, name);
    } else versions.push(version);
    const kv = keyValueOf(name, version);
    return kv === undefined
      ? { type: 'delete', kv: { ...EMPTY, key: bytesOf(name), modRevision: revision } }
      : { type: 'put', kv };
  }

  /** Where a name is, or would be. */
  #placeOf(name: string): number {
    let low = 0;
    let high = this.#names.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#names[middle] ?? name) < name) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const EMPTY = {
  createRevision: 0,
  modRevision: 0,
  version: 0,
  value: new Uint8Array(),
  lease: '0',
};

function keyValueOf(name: string, version: Version): KeyValue | undefined {
  const { value, revision, createRevision, lease } = version;
  if (value === undefined) return undefined;
  return {
    key: bytesOf(name),
    createRevision,
    modRevision: revision,
    version: version.version,
    value,
    lease,
  };
}

function outOfRange(message: string): EtcdError {
  return new EtcdError('out_of_range', message);
}
