import type { Entry } from '@confer/shared';
import { EtcdError, type EtcdMember } from '../client/cluster.ts';
import type { KeyValue, RangeResponse } from '../client/messages.ts';
import { type CommitRecord, decodeRecord } from '../keyspace/commit-record.ts';
import { entryOf, FOREIGN } from '../keyspace/entries.ts';
import { type Keyspace, textOf } from '../keyspace/keyspace.ts';
import { Sidecars } from './sidecars.ts';

/** All that Confer has in a cluster at a revision. */
export interface ClusterSnapshot {
  readonly revision: number;
  readonly entries: readonly Entry[];
  readonly sidecars: Sidecars;
  readonly compacted: number;
  /** What the epoch key says; `null`: there is none. */
  readonly epoch: string | null;
}

/** A limit counts keys, and what is wanted is about so many bytes: pages grow and shrink with what they hold. */
interface Pages {
  readonly bytes: number;
  readonly keysMax: number;
}

/** While nobody is served: up to 3.4.23, etcd looks at all keys behind a page for each (1.3 s for a million). */
export const LARGE_PAGES: Pages = { bytes: 16 * 1024 * 1024, keysMax: 100_000 };
/** While others are: more keys keep the event loop for too long. */
export const SMALL_PAGES: Pages = { bytes: 4 * 1024 * 1024, keysMax: 10_000 };

const PAGE_KEYS_MIN = 1;
const PAGE_KEYS_FIRST = 32;
/** It may have ten times as many keys as the one before. */
const PAGE_GROWTH = 10;
const PAGE_TIMEOUT_MS = 30_000;

export interface SnapshotOptions {
  /** The revision to read; without it, the newest. */
  readonly at?: number;
  readonly pages: Pages;
  /** Milliseconds that this process has run. */
  readonly uptimeMs: () => number;
}

/** Reads all at one revision, or at that of the first page. */
export async function readSnapshot(
  member: EtcdMember,
  keyspace: Keyspace,
  { at: revision, pages, uptimeMs }: SnapshotOptions,
): Promise<ClusterSnapshot> {
  const reading = new Reading(keyspace, uptimeMs);
  let at = revision;
  let keys = PAGE_KEYS_FIRST;
  let { key } = keyspace.all;
  for (;;) {
    const page = await readPage(member, { key, rangeEnd: keyspace.all.rangeEnd, limit: keys }, at);
    if (page === 'too large') {
      keys = Math.max(PAGE_KEYS_MIN, Math.floor(keys / 4));
      continue;
    }
    at ??= page.header.revision;
    let bytes = 0;
    for (const kv of page.kvs) {
      reading.take(kv);
      bytes += kv.key.length + kv.value.length;
    }
    const last = page.kvs.at(-1);
    if (!page.more || last === undefined) return reading.done(at);
    key = Buffer.concat([last.key, Buffer.of(0)]);
    const fitting = Math.floor((pages.bytes * page.kvs.length) / Math.max(1, bytes));
    keys = Math.min(pages.keysMax, keys * PAGE_GROWTH, Math.max(PAGE_KEYS_MIN, fitting));
  }
}

async function readPage(
  member: EtcdMember,
  range: { readonly key: Buffer; readonly rangeEnd: Buffer; readonly limit: number },
  revision: number | undefined,
): Promise<RangeResponse | 'too large'> {
  try {
    return await member.range(revision === undefined ? range : { ...range, revision }, {
      timeoutMs: PAGE_TIMEOUT_MS,
    });
  } catch (error) {
    if (isTooLarge(error) && range.limit > PAGE_KEYS_MIN) return 'too large';
    throw error;
  }
}

function isTooLarge(error: unknown): boolean {
  return error instanceof EtcdError && error.code === 'resource_exhausted';
}

/** What was read, put together. Records come before most entries, and after some. */
class Reading {
  readonly #keyspace: Keyspace;
  readonly #records = new Map<number, CommitRecord>();
  readonly #entries: Entry[] = [];
  /** Read before the record of their revision. */
  readonly #early: { readonly path: string; readonly kv: KeyValue }[] = [];
  readonly #sidecars: Sidecars;
  #compacted = 0;
  #epoch: string | null = null;

  constructor(keyspace: Keyspace, uptimeMs: () => number) {
    this.#keyspace = keyspace;
    this.#sidecars = new Sidecars(uptimeMs);
  }

  take(kv: KeyValue): void {
    const meaning = this.#keyspace.read(kv.key);
    switch (meaning.kind) {
      case 'entry':
        if (this.#records.has(kv.modRevision)) this.#add(meaning.path, kv);
        else this.#early.push({ path: meaning.path, kv });
        break;
      case 'record': {
        const record = decodeRecord(kv.value) ?? FOREIGN;
        this.#records.set(kv.modRevision, record);
        this.#sidecars.addRecord(kv.modRevision, meaning.requestId);
        break;
      }
      case 'head':
        this.#sidecars.head = { version: kv.version, revision: kv.modRevision };
        break;
      case 'compact':
        this.#compacted = Number(textOf(kv.value)) || 0;
        break;
      case 'foreign':
        this.#sidecars.skip(kv.key, kv.version);
        break;
      case 'epoch':
        this.#epoch = textOf(kv.value) ?? '';
        break;
      case 'floor':
      case 'fence':
        break;
    }
  }

  done(revision: number): ClusterSnapshot {
    for (const { path, kv } of this.#early) this.#add(path, kv);
    const [entries, sidecars] = [this.#entries, this.#sidecars];
    return { revision, entries, sidecars, compacted: this.#compacted, epoch: this.#epoch };
  }

  #add(path: string, kv: KeyValue): void {
    const entry = entryOf(path, kv, this.#records.get(kv.modRevision) ?? FOREIGN);
    if (entry === undefined) this.#sidecars.skip(kv.key, kv.version);
    else {
      this.#entries.push(entry);
      this.#sidecars.addEntry(entry.modRevision);
    }
  }
}
