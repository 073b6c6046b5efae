import type { History } from '../model/history.ts';
import type { ModelEtcd } from '../model/model-etcd.ts';
import { EPOCH_KEY, HEAD_KEY, Truth } from './truth.ts';

/** Where an epoch was named. */
export interface Birth {
  readonly history: History;
  readonly revision: number;
}

/** What is true in each history that a cluster had. */
export class WorldTruth {
  readonly #etcd: ModelEtcd;
  readonly #truths = new Map<History, Truth>();

  constructor(etcd: ModelEtcd) {
    this.#etcd = etcd;
  }

  of(history: History): Truth {
    const known = this.#truths.get(history);
    if (known !== undefined) return known;
    const truth = new Truth(history);
    this.#truths.set(history, truth);
    return truth;
  }

  get histories(): readonly History[] {
    return this.#etcd.histories;
  }

  get current(): History {
    return this.#etcd.history;
  }

  /** In the first history that has it. */
  birthOf(epoch: string): Birth | undefined {
    for (const history of this.histories)
      for (const { revision, value } of history.versionsOf(EPOCH_KEY))
        if (value !== undefined && Buffer.from(value).includes(`"id":"${epoch}"`))
          return { history, revision };
    return undefined;
  }

  /** Whether what gateways go by was put back, or deleted by hand, within that time. */
  isUpheavalBetween(from: number, to: number): boolean {
    return this.#etcd.upheavals.some((at) => from <= at && at <= to);
  }

  /** Whether an epoch ended, by whatever made it so. */
  isOver(birth: Birth): boolean {
    const { head, all } = this.endsOf(birth);
    return head || all;
  }

  /** What ended an epoch: that the head alone was deleted by hand, or that its key was, or all was put back. */
  endsOf({ history, revision }: Birth): { readonly head: boolean; readonly all: boolean } {
    const all = history !== this.current || deletedAt(history, EPOCH_KEY) > revision;
    return { head: !all && deletedAt(history, HEAD_KEY) > revision, all };
  }
}

/** When somebody last deleted a key by hand; 0: never. */
function deletedAt(history: History, key: string): number {
  return history.versionsOf(key).findLast(({ value }) => value === undefined)?.revision ?? 0;
}
