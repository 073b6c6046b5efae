import type {
  EtcdCluster,
  EtcdMember,
  WatchHandlers,
  WatchStream,
} from '../engine/etcd/client/cluster.ts';
import { EtcdError } from '../engine/etcd/client/cluster.ts';
import type { TxnRequest, WatchCreate, WatchResponse } from '../engine/etcd/client/messages.ts';

/** What happens between a gateway and its cluster. */
export class Tampering {
  /** What becomes of what a watch brings; nothing: it is lost. */
  onWatch: (response: WatchResponse) => readonly WatchResponse[] = (response) => [response];
  /** Called after a transaction was made; what it throws comes instead of the answer. */
  afterTxn: (txn: TxnRequest) => void = () => {};
  /** Called before it is sent. */
  beforeTxn: (txn: TxnRequest) => void | Promise<void> = () => {};
  readonly #streams = new Set<WatchHandlers>();
  watchesOpened = 0;

  readonly tamper = (cluster: EtcdCluster): EtcdCluster => ({
    members: cluster.members.map((member) => this.#member(member)),
    close: () => cluster.close(),
  });

  /** Breaks all watches. */
  cut(): void {
    for (const handlers of this.#streams) handlers.onEnd(new EtcdError('unavailable', 'cut'));
    this.#streams.clear();
  }

  #member(member: EtcdMember): EtcdMember {
    return {
      name: member.name,
      leases: member.leases,
      range: (request, options) => member.range(request, options),
      txn: async (request, options) => {
        await this.beforeTxn(request);
        const answer = await member.txn(request, options);
        this.afterTxn(request);
        return answer;
      },
      compact: (revision, options) => member.compact(revision, options),
      status: (options) => member.status(options),
      watch: (request, handlers) => this.#watch(member, request, handlers),
    };
  }

  #watch(member: EtcdMember, request: WatchCreate, handlers: WatchHandlers): WatchStream {
    this.watchesOpened++;
    const stream = member.watch(request, {
      onResponse: (response) => {
        if (!this.#streams.has(handlers)) return;
        for (const each of this.onWatch(response)) handlers.onResponse(each);
      },
      onEnd: (error) => {
        if (this.#streams.delete(handlers)) handlers.onEnd(error);
      },
    });
    this.#streams.add(handlers);
    return {
      requestProgress: () => stream.requestProgress(),
      setPaused: (isPaused) => stream.setPaused(isPaused),
      cancel: () => {
        this.#streams.delete(handlers);
        stream.cancel();
      },
    };
  }
}
