import type { EtcdMember } from '../client/cluster.ts';
import type { Keyspace } from '../keyspace/keyspace.ts';
import {
  decodeEpoch,
  type EpochRecord,
  epochTxn,
  floorOf,
  type Look,
  restoredBecause,
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
/** Where nobody may ask for the raft index. */
const NO_FLOOR = -Number.MAX_SAFE_INTEGER;

/** Names the history of a new cluster, and notices when a cluster has another one than it had. */
export class EpochGuard {
  readonly #options: EpochGuardOptions;
  #epoch: EpochRecord | undefined;
  /** Looks in a row that found what cannot be of this history. */
  #strange = 0;
  /** When it was found: what the key was before is of no matter. */
  #since = 0;

  constructor(options: EpochGuardOptions) {
    this.#options = options;
  }

  /** Which history is followed; empty before `begin`. */
  get id(): string {
    return this.#epoch?.id ?? '';
  }

  /** Finds the history that a cluster has, or gives it one. */
  async begin(member: EtcdMember): Promise<Look> {
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const look = await this.#options.look(member);
      const { epoch } = look;
      const restored = epoch && restoredBecause(epoch, look);
      if (epoch === undefined || restored !== undefined) {
        if (restored !== undefined) this.#options.onNotice(`a new history begins: ${restored}`);
        await this.#rename(member, look);
        continue;
      }
      this.#epoch = epoch;
      this.#since = look.header.revision;
      await this.#raise(member, look, epoch);
      return look;
    }
    throw new Error('the epoch key changes all the time; is another program writing it?');
  }

  /**
   * Whether a member still has the history that is followed, at least up to a revision: says why not, when it
   * is over. Throws when this member is only behind the others.
   */
  async judge(member: EtcdMember, look: Look, seen: number): Promise<string | undefined> {
    const known = this.#epoch;
    if (known === undefined) return undefined;
    if (look.epoch === undefined) return 'the epoch key or the head is gone';
    if (look.epoch.id !== known.id) return 'the cluster has another epoch';
    const over = this.#strangeBecause(known, look, seen) ?? restoredBecause(known, look);
    if (over !== undefined) {
      await this.#rename(member, look);
      return over;
    }
    this.#strange = 0;
    const floor = Math.max(known.floor, floorOf(look) ?? known.floor);
    this.#epoch = { ...known, floor };
    return undefined;
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

  /** Why a change of the epoch key ends the history that is followed, if it does. */
  endedBy(text: string | null, revision: number): string | undefined {
    if (revision <= this.#since) return undefined;
    if (text === null) return 'the epoch key or the head was deleted';
    return decodeEpoch(text)?.id === this.#epoch?.id ? undefined : 'the cluster has a new epoch';
  }

  async #rename(member: EtcdMember, look: Look): Promise<void> {
    const { keyspace, newId } = this.#options;
    const epoch = {
      id: newId(),
      clusterId: look.header.clusterId,
      floor: floorOf(look) ?? NO_FLOOR,
    };
    const seen = { epochModRevision: look.epochModRevision, withHead: true };
    await member.txn(epochTxn(epoch, seen, keyspace), { timeoutMs: WRITE_TIMEOUT_MS });
  }

  /** So that a restore is noticed also when no gateway was there. Whoever is faster is as good. */
  async #raise(member: EtcdMember, look: Look, epoch: EpochRecord): Promise<void> {
    const floor = floorOf(look);
    if (floor === undefined || floor <= epoch.floor) return;
    this.#epoch = { ...epoch, floor };
    const seen = { epochModRevision: look.epochModRevision, withHead: false };
    const txn = epochTxn(this.#epoch, seen, this.#options.keyspace);
    await member.txn(txn, { timeoutMs: WRITE_TIMEOUT_MS });
  }
}
