import type { Entry } from '@confer/shared';
import { type CooperativeSteps, TimeSlice } from '../../cooperative-steps.ts';
import type { EngineChange, EngineCommit } from '../../engine.ts';
import { commitOf, madeDelete, madePut, PREV_LENGTH_MAX } from '../../evaluate.ts';
import { inTreeOrder } from '../../in-tree-order.ts';
import type { Replica } from '../../replica/replica.ts';
import { heldOf } from '../../replica/states.ts';
import type { WatchEvent } from '../client/messages.ts';
import type { Seen } from '../epoch/epoch.ts';
import { type CommitRecord, decodeRecord } from '../keyspace/commit-record.ts';
import { entryOf, FOREIGN } from '../keyspace/entries.ts';
import { type KeyMeaning, type Keyspace, textOf } from '../keyspace/keyspace.ts';
import { leaseEndOf } from '../leases/lease-end.ts';
import type { Head, Sidecars } from './sidecars.ts';

/** What a revision of etcd is to Confer. */
export interface Assembled {
  readonly revision: number;
  /** Absent where no entry changed. */
  readonly commit?: EngineCommit;
  readonly requestId: string;
  /** The epoch key as it is now; `null`: it is gone. */
  readonly epoch?: string | null;
  /** Absent where it was not written. */
  readonly head?: Head;
  /** Up to where somebody compacted. */
  readonly compacted?: number;
}

/** What came does not follow from what was there: something was lost, doubled, or came from another history. */
class BrokenChain extends Error {
  override readonly name = 'BrokenChain';
}

/** What the events are judged by. */
export interface AssemblyContext {
  readonly keyspace: Keyspace;
  readonly replica: Replica;
  /** Another one after all was read anew. */
  sidecars: Sidecars;
}

/** What is shown, to hold it against what the cluster has. */
export function seenOf({ replica, sidecars }: AssemblyContext): Seen {
  const { revision, log } = replica;
  const last = log.at(-1);
  const isHead = last?.commit.revision === sidecars.head.revision && last.requestId !== '';
  return { revision, head: sidecars.head, requestId: isHead ? last.requestId : undefined };
}

interface Meant {
  readonly event: WatchEvent;
  readonly meaning: KeyMeaning;
}

/** A path that changed. */
interface Changed {
  readonly path: string;
  readonly entry: Entry | undefined;
  readonly before: Entry | undefined;
}

/**
 * Makes one commit of all events of a revision. Each is checked against what was there before: etcd counts the
 * versions of every key, and so a lost or doubled event shows, whatever lost it.
 */
export function* assemble(
  revision: number,
  events: readonly WatchEvent[],
  context: AssemblyContext,
): CooperativeSteps<Assembled> {
  const pace = new TimeSlice();
  const meant: Meant[] = [];
  for (const event of events) {
    meant.push({ event, meaning: context.keyspace.read(event.kv.key) });
    if (pace.isOver(event.kv.value.length)) yield;
  }
  const { record, requestId, ...told } = sidecarsOf(revision, meant, context.sidecars);
  const changes: Changed[] = [];
  for (const { event, meaning } of meant) {
    const changed = changeOf(event, meaning, record ?? FOREIGN, context);
    if (changed !== undefined) changes.push(changed);
    if (pace.isOver(event.kv.value.length)) yield;
  }
  if (changes.length === 0) return { revision, requestId, ...told };
  const ordered = yield* inTreeOrder(changes, pace);
  const { tree, revision: shown } = context.replica;
  const origin = record ?? leaseEndOf(ordered, (path) => tree.at(path, shown)) ?? FOREIGN;
  const commit = yield* assembledCommit(revision, origin, ordered);
  return { revision, commit, requestId, ...told };
}

/** What came beside the entries, and is kept. */
function sidecarsOf(revision: number, meant: readonly Meant[], sidecars: Sidecars) {
  let record: CommitRecord | undefined;
  let requestId = '';
  let told: Pick<Assembled, 'epoch' | 'compacted' | 'head'> = {};
  for (const { event, meaning } of meant) {
    const { kv, type } = event;
    if (meaning.kind === 'head') {
      const known = sidecars.head.version;
      // Gone: this history is over, as it is when the epoch is.
      if (type === 'delete') told = { ...told, epoch: null };
      if (type === 'put' && kv.version !== known + 1)
        throw new BrokenChain(`${known} commits are known, and then came number ${kv.version}`);
      told = { ...told, head: { version: type === 'put' ? kv.version : 0, revision } };
    } else if (meaning.kind === 'record') {
      if (type === 'delete') sidecars.removeRecord(meaning.requestId);
      else {
        record = decodeRecord(kv.value);
        requestId = meaning.requestId;
        sidecars.addRecord(revision, requestId);
      }
    } else if (meaning.kind === 'epoch')
      told = { ...told, epoch: type === 'delete' ? null : (textOf(kv.value) ?? '') };
    else if (meaning.kind === 'compact' && type === 'put')
      told = { ...told, compacted: Number(textOf(kv.value)) || 0 };
  }
  return { record, requestId, ...told };
}

function changeOf(
  { type, kv }: WatchEvent,
  meaning: KeyMeaning,
  record: Pick<CommitRecord, 'actor' | 'time'>,
  { replica, sidecars }: AssemblyContext,
): Changed | undefined {
  if (meaning.kind !== 'entry' && meaning.kind !== 'foreign') return undefined;
  const path = meaning.kind === 'entry' ? meaning.path : undefined;
  const before = path === undefined ? undefined : replica.tree.at(path, replica.revision);
  requireNext(type, kv, before?.version ?? sidecars.skippedVersion(kv.key));
  const entry = type === 'delete' || path === undefined ? undefined : entryOf(path, kv, record);
  // safeguard: hidden-keys-are-counted
  if (type === 'put' && entry === undefined) sidecars.skip(kv.key, kv.version);
  else sidecars.unskip(kv.key);
  if (path === undefined || (entry === undefined && before === undefined)) return undefined;
  if (before !== undefined) sidecars.removeEntry(before.modRevision);
  if (entry !== undefined) sidecars.addEntry(entry.modRevision);
  return { path, entry, before };
}

function requireNext(
  type: WatchEvent['type'],
  { key, version }: WatchEvent['kv'],
  known: number,
): void {
  const isNext = type === 'put' ? version === known + 1 : known > 0;
  if (isNext) return;
  const name = textOf(key) ?? 'a key';
  const came = type === 'put' ? `version ${version}` : 'its delete';
  throw new BrokenChain(`of ${name} version ${known} is known, and then came ${came}`);
}

function* assembledCommit(
  revision: number,
  origin: Pick<CommitRecord, 'actor' | 'time' | 'note' | 'cause' | 'cleared'>,
  changes: readonly Changed[],
): CooperativeSteps<EngineCommit> {
  const pace = new TimeSlice();
  const { time, cause = 'removed', cleared = [] } = origin;
  let prevLength = 0;
  for (const { before } of changes) prevLength += before?.value.length ?? 0;
  const withPrev = prevLength <= PREV_LENGTH_MAX;
  const made: EngineChange[] = [];
  for (const { path, entry, before } of changes) {
    const held = heldOf(before);
    made.push(
      entry === undefined
        ? madeDelete(path, cause, held, withPrev)
        : madePut(entry, held, withPrev),
    );
    if (pace.isOver()) yield;
  }
  return commitOf({ revision, time }, origin, made, { cleared, withPrev });
}
