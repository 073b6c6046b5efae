import type { EtcdMember } from '../client/cluster.ts';
import type { Keyspace } from '../keyspace/keyspace.ts';
import {
  decodeEpoch,
  type EpochRecord,
  epochTxn,
  floorOf,
  floorTxn,
  hasSeen,
  type Look,
  restoredBecause,
  type Seen,
} from './epoch.ts';

export interface EpochGuardOptions {
  readonly keyspace: Keyspace;
  readonly newId: () => string;
  readonly membersCount: number;
  readonly onNotice: (notice: string) => void;
  /** Looks once more at a member. */
  readonly look: (member: EtcdMember) => Promise<Look>;
}

const WRITE_TIMEOUT_MS = 3_000;
/** Other gateways may be naming an epoch at the same time. */
const TRIES_MAX = 5;

/** By what a transaction sees that it is made in the history that it is meant for. */
export interface HistoryLine {
  /** When the epoch key was written. */
  readonly epochRevision: number;
  /** When the head was made: one that was deleted must not be made again by a commit. */
  readonly headCreated: number;
}

/** The history that is followed. */
interface Followed {
  readonly epoch: EpochRecord;
  /** Whoever writes holds the cluster against it. */
  readonly line: HistoryLine;
  /** When it was found: what the key was before is of no matter. */
  readonly since: number;
  readonly floor: number;
}

/** Names the history of a new cluster, and notices when a cluster has another one than it had. */
export class EpochGuard {
  readonly #options: EpochGuardOptions;
  #followed: Followed | undefined;
  /** Looks in a row that found what cannot be of this history. */
  #strange = 0;

  constructor(options: EpochGuardOptions) {
    this.#options = options;
  }

  /** Which history is followed; empty before `begin`. */
  get id(): string {
    return this.#followed?.epoch.id ?? '';
  }

  get line(): HistoryLine {
    return this.#followed?.line ?? { epochRevision: 0, headCreated: 0 };
  }

  /** Finds the history that a cluster has, or gives it one. */
  async begin(member: EtcdMember): Promise<Look> {
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const look = await this.#options.look(member);
      const { epoch, epochModRevision: epochRevision, headCreated, header, floor } = look;
      const restored = epoch && restoredBecause(epoch, look, floor);
      if (restored !== undefined) this.#options.onNotice(`a new history begins: ${restored}`);
      if (epoch === undefined || restored !== undefined) await this.#rename(member, look);
      else {
        const since = header.revision;
        const known = Math.max(floor, floorOf(look) ?? floor);
        const line = { epochRevision, headCreated };
        this.#followed = { epoch, line, since, floor: known };
        // So that a restore is noticed also when no gateway was there. Whoever is faster is as good.
        if (known > floor) await this.#write(member, floorTxn(known, look, this.#options.keyspace));
        return look;
      }
    }
    throw new Error('the epoch key changes all the time; is another program writing it?');
  }

  /**
   * Whether a member still has the history that is followed, as far as it was seen: says why not, when it is over.
   * Throws when this member is only behind the others.
   */
  async judge(member: EtcdMember, look: Look, seen: Seen): Promise<string | undefined> {
    const followed = this.#followed;
    if (followed === undefined) return undefined;
    if (look.epoch !== undefined && look.epoch.id !== followed.epoch.id)
      return 'the cluster has another epoch';
    const over = await this.#overBecause(member, look, { seen, followed });
    if (over !== undefined) await this.#rename(member, look);
    else this.#followed = { ...followed, floor: Math.max(followed.floor, floorOf(look) ?? 0) };
    return over;
  }

  /** Whether an epoch key, as it is now, is that of another history; `null`: it is gone. */
  isOther(text: string | null): boolean {
    return text === null || decodeEpoch(text)?.id !== this.#followed?.epoch.id;
  }

  /** Why a change of the epoch key ends the history that is followed, if it does. */
  endedBy(text: string | null, revision: number): string | undefined {
    // safeguard: deleted-epoch-key-ends-the-history
    if (revision <= (this.#followed?.since ?? 0) || !this.isOther(text)) return undefined;
    return text === null ? 'the epoch key or the head was deleted' : 'the cluster has a new epoch';
  }

  /**
   * Names another history in the place of the one that is over, where nobody has: whoever comes must not take it
   * for the one that he knows.
   */
  async renounce(member: EtcdMember): Promise<void> {
    const look = await this.#options.look(member);
    if (look.epoch === undefined || look.epoch.id === this.#followed?.epoch.id)
      await this.#rename(member, look);
  }

  async #overBecause(
    member: EtcdMember,
    look: Look,
    { seen, followed }: { readonly seen: Seen; readonly followed: Followed },
  ): Promise<string | undefined> {
    const { epoch, floor } = followed;
    if (look.epoch === undefined) return 'the epoch key or the head is gone';
    const strange = this.#strangeBecause(epoch, look, seen.revision);
    if (strange !== undefined) return strange;
    this.#strange = 0;
    // safeguard: restore-is-noticed
    const restored = restoredBecause(epoch, look, Math.max(floor, look.floor));
    if (restored !== undefined) return restored;
    return (await hasSeen(member, this.#options.keyspace, seen))
      ? undefined
      : `the cluster has another history up to revision ${seen.revision}`;
  }

  /**
   * One member of another cluster, or one that is behind, is a mistake of somebody, or of etcd (#17780), and the
   * next one is asked. Where none is left that is as it was, the cluster was put back.
   */
  #strangeBecause(known: EpochRecord, { header }: Look, seen: number): string | undefined {
    const isOther = header.clusterId !== known.clusterId;
    if (!isOther && header.revision >= seen) return undefined;
    const found = isOther
      ? 'is another cluster'
      : `is at revision ${header.revision}, before ${seen}`;
    this.#strange++;
    if (this.#strange < this.#options.membersCount) throw new Error(`the member ${found}`);
    return `the cluster ${found}`;
  }

  async #rename(member: EtcdMember, look: Look): Promise<void> {
    const { keyspace, newId } = this.#options;
    const epoch = { id: newId(), clusterId: look.header.clusterId };
    await this.#write(member, epochTxn(epoch, look, keyspace));
  }

  async #write(member: EtcdMember, txn: Parameters<EtcdMember['txn']>[0]): Promise<void> {
    await member.txn(txn, { timeoutMs: WRITE_TIMEOUT_MS });
  }
}
