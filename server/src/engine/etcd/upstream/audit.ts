import { type Clock, ROOT, type Timer } from '@confer/shared';
import { type CooperativeSteps, inTurns, TimeSlice } from '../../cooperative-steps.ts';
import { walk } from '../../replica/walk.ts';
import type { EtcdMember } from '../client/cluster.ts';
import type { Members } from '../client/members.ts';
import type { KeyValue } from '../client/messages.ts';
import type { AssemblyContext } from './assemble.ts';

export interface AuditorOptions {
  readonly members: Members;
  readonly state: AssemblyContext;
  readonly clock: Clock;
  readonly defer: (run: () => void) => void;
  /** From one comparison to the next. */
  readonly auditMs: number;
  /** Told what differs. */
  readonly onDifference: (difference: string) => void;
}

/** Compares now and then, as long as it is not stopped. */
export class Auditor {
  readonly #options: AuditorOptions;
  #timer: Timer | undefined;
  #isStopped = false;

  constructor(options: AuditorOptions) {
    this.#options = options;
    this.#later();
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  #later(): void {
    const { clock, auditMs } = this.#options;
    this.#timer = clock.setTimer(auditMs, () => {
      void this.#audit().finally(() => {
        if (!this.#isStopped) this.#later();
      });
    });
  }

  async #audit(): Promise<void> {
    const { members, state, defer, onDifference } = this.#options;
    try {
      const difference = await audit(members.current, state, defer);
      if (difference !== undefined && !this.#isStopped) onDifference(difference);
    } catch {
      // Compacted meanwhile, or no answer: the next one will do.
    }
  }
}

const PAGE_KEYS = 2_000;
const PAGE_TIMEOUT_MS = 10_000;

/**
 * Compares what is shown with what the cluster has, by keys and revisions, at one revision. What a watch brings is
 * checked as it comes, but an event that never came shows only when its key is written again (etcd #18089, #19179).
 * Returns what differs, if anything does.
 */
async function audit(
  member: EtcdMember,
  state: AssemblyContext,
  defer: (run: () => void) => void,
): Promise<string | undefined> {
  const { keyspace, replica } = state;
  const { revision } = replica;
  const { rangeEnd } = keyspace.all;
  let { key } = keyspace.all;
  let found = 0;
  for (;;) {
    const range = { key, rangeEnd, revision, limit: PAGE_KEYS, keysOnly: true };
    const { kvs, more } = await member.range(range, { timeoutMs: PAGE_TIMEOUT_MS });
    for (const kv of kvs) {
      const path = shownAt(kv, state);
      if (path === undefined) continue;
      const shown = replica.tree.at(path, revision);
      if (shown?.modRevision !== kv.modRevision)
        return `${path} is of revision ${kv.modRevision} in etcd, and ${shown?.modRevision ?? 'not'} here`;
      found++;
    }
    const last = kvs.at(-1);
    if (!more || last === undefined) break;
    key = Buffer.concat([last.key, Buffer.of(0)]);
  }
  const count = await inTurns(entriesAt(state, revision), defer);
  return count === found ? undefined : `${count} entries are shown, and etcd has ${found}`;
}

/** The path of a key that is an entry, and not one whose value cannot be shown. */
function shownAt({ key }: KeyValue, { keyspace, sidecars }: AssemblyContext): string | undefined {
  const meaning = keyspace.read(key);
  return meaning.kind === 'entry' && sidecars.skippedVersion(key) === 0 ? meaning.path : undefined;
}

function* entriesAt({ replica }: AssemblyContext, revision: number): CooperativeSteps<number> {
  let count = 0;
  yield* walk({ tree: replica.tree, subtree: ROOT, revision }, new TimeSlice(), () => {
    count++;
  });
  return count;
}
