import type { Clock, Random } from '@confer/shared';
import { EtcdError, type EtcdErrorCode, type EtcdMember } from '../client/cluster.ts';
import type { Members } from '../client/members.ts';
import type { EpochGuard } from '../epoch/epoch-guard.ts';
import type { Keyspace } from '../keyspace/keyspace.ts';
import { backoffMs, pause } from '../waiting.ts';
import { type ClusterSnapshot, LARGE_PAGES, readSnapshot } from './snapshot.ts';

/**
 * So much history a gateway reads when it starts, for clients that come from another one. Catching up by a watch
 * costs the member a look through all of it under the lock that commits need (etcd #22264).
 */
const HISTORY_REVISIONS = 10_000;

/** Of a cluster that nobody has written to. */
const EMPTY_REVISION = 1;

/**
 * Keys that were added since the state that a gateway begins with, commit records among them. To cut what it brings into
 * fragments costs etcd time with the square of the events: 2.8 s for 15,000, where a page of as many takes 0.2 s.
 */
const ADDED_MAX = 20_000;
const COUNT_TIMEOUT_MS = 30_000;

const PROBE_MS = 3_000;

/** A cluster that does not answer for so long is not waited for: whoever started the server should know. */
const OPEN_MS = 15_000;

export interface OpeningOptions {
  readonly members: Members;
  readonly keyspace: Keyspace;
  readonly guard: EpochGuard;
  readonly clock: Clock;
  readonly random: Random;
  /** Milliseconds that this process has run. */
  readonly uptimeMs: () => number;
}

/** What a gateway begins with. */
export interface Beginning {
  readonly snapshot: ClusterSnapshot & {
    /** History and the known deletes begin after it. */
    readonly floor: number;
  };
  /** Up to here everything is to be shown before anybody is served. */
  readonly revision: number;
}

/** Finds the history of a cluster, and reads a state of it from some time ago. */
export async function beginState({
  members,
  keyspace,
  guard,
  clock,
  random,
  uptimeMs,
}: OpeningOptions): Promise<Beginning> {
  const startedMs = uptimeMs();
  for (let tries = 0; ; tries++) {
    const member = members.current;
    try {
      const { revision } = (await guard.begin(member)).header;
      const snapshot = await readOldSnapshot(member, keyspace, { revision, clock, uptimeMs });
      // Read later than it was looked which history there is.
      if (snapshot.revision > revision && guard.isOther(snapshot.epoch)) continue;
      // Before the first write of a cluster there was nothing.
      const floor = snapshot.revision <= EMPTY_REVISION ? 0 : snapshot.revision;
      return { snapshot: { ...snapshot, floor }, revision: Math.max(revision, snapshot.revision) };
    } catch (error) {
      if (!isPassing(error) || uptimeMs() - startedMs > OPEN_MS) throw error;
      members.leave(member);
      await pause(clock, backoffMs(tries, random));
    }
  }
}

/** Also history that was compacted while it was read. */
const PASSING: readonly EtcdErrorCode[] = [
  'unavailable',
  'deadline_exceeded',
  'cancelled',
  'unknown',
  'internal',
  'resource_exhausted',
  'out_of_range',
];

function isPassing(error: unknown): boolean {
  if (!(error instanceof EtcdError) || /certificate/i.test(error.message)) return false;
  return PASSING.includes(error.code);
}

/** The state to begin with, as old as history and the above allow. */
async function readOldSnapshot(
  member: EtcdMember,
  keyspace: Keyspace,
  {
    revision,
    clock,
    uptimeMs,
  }: Pick<OpeningOptions, 'clock' | 'uptimeMs'> & { readonly revision: number },
): Promise<ClusterSnapshot> {
  const read = async (oldest: number) => {
    const window = { oldest, newest: revision };
    const at = await affordable(member, keyspace, window);
    return await readSnapshot(member, keyspace, { at, pages: LARGE_PAGES, uptimeMs });
  };
  try {
    return await read(Math.max(EMPTY_REVISION, revision - HISTORY_REVISIONS));
  } catch (error) {
    if (!isCompacted(error)) throw error;
  }
  const compacted = await compactedRevisionOf(member, keyspace, clock);
  try {
    if (compacted !== undefined) return await read(compacted);
  } catch (error) {
    if (!isCompacted(error)) throw error;
  }
  return readSnapshot(member, keyspace, { pages: LARGE_PAGES, uptimeMs });
}

/**
 * A revision after which not too much was added: what changed since comes change by change, at several times the cost
 * of a state. What was only written over is not counted.
 */
async function affordable(
  member: EtcdMember,
  keyspace: Keyspace,
  { oldest, newest }: { readonly oldest: number; readonly newest: number },
): Promise<number> {
  const countAt = async (revision: number) => {
    const range = { ...keyspace.all, revision, countOnly: true };
    return (await member.range(range, { timeoutMs: COUNT_TIMEOUT_MS })).count;
  };
  const now = await countAt(newest);
  // Old versions look at each key to count them, so that few revisions are tried.
  for (let window = newest - oldest; window > 0; window = Math.floor(window / 10))
    if (now - (await countAt(newest - window)) <= ADDED_MAX) return newest - window;
  return newest;
}

function isCompacted(error: unknown): boolean {
  return error instanceof EtcdError && error.isCompacted;
}

/** Only a watch that begins too early is told where history begins. */
function compactedRevisionOf(
  member: EtcdMember,
  keyspace: Keyspace,
  clock: Clock,
): Promise<number | undefined> {
  return new Promise((resolve) => {
    const done = (revision: number | undefined) => {
      timer.cancel();
      watch.cancel();
      resolve(revision);
    };
    const timer = clock.setTimer(PROBE_MS, () => done(undefined));
    const range = { key: keyspace.fence, rangeEnd: Buffer.concat([keyspace.fence, Buffer.of(0)]) };
    const watch = member.watch(
      { ...range, startRevision: 1 },
      {
        onResponse: ({ canceled, compactRevision, created }) => {
          if (canceled) done(compactRevision === 0 ? undefined : compactRevision);
          else if (!created) done(undefined);
        },
        onEnd: () => done(undefined),
      },
    );
  });
}
