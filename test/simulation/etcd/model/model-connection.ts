import type {
  CallOptions,
  EtcdMember,
  MemberLeases,
  WatchHandlers,
  WatchStream,
} from '../../../../server/src/engine/etcd/client/cluster.ts';
import type {
  MemberStatus,
  RangeRequest,
  RangeResponse,
  TxnRequest,
  TxnResponse,
  WatchCreate,
} from '../../../../server/src/engine/etcd/client/messages.ts';
import { applyCompaction, applyTxn, isReadOnly, readTxn } from './apply.ts';
import { Call, type Serving } from './model-call.ts';
import type { ModelMember } from './model-member.ts';
import { ModelStream } from './model-stream.ts';
import { requireTxn } from './txn-rules.ts';
import type { World } from './world.ts';

/** How a client reaches one member. */
export class Connection implements EtcdMember {
  readonly name: string;
  readonly leases: MemberLeases;
  readonly #etcd: World;
  readonly #member: ModelMember;
  readonly #client: string;
  readonly #streams = new Set<ModelStream>();
  #isDead = false;

  constructor(etcd: World, member: ModelMember, client: string) {
    this.#etcd = etcd;
    this.#member = member;
    this.#client = client;
    this.name = member.name;
    this.leases = this.#leases();
  }

  range(request: RangeRequest, options: CallOptions): Promise<RangeResponse> {
    return this.#call(options, (serving) =>
      serving.read(() => ({
        header: this.#member.header,
        ...this.#etcd.history.range(request, this.#member.view),
      })),
    );
  }

  txn(request: TxnRequest, options: CallOptions): Promise<TxnResponse> {
    const { clock } = this.#etcd;
    const sent = { name: this.#client, sentAt: clock.now() };
    return this.#call(options, (serving) => {
      requireTxn(request);
      if (isReadOnly(request))
        serving.read(() => ({
          header: this.#member.header,
          ...readTxn(this.#etcd.history, request, this.#member.view.revision),
        }));
      else
        serving.propose((current) => {
          const result = applyTxn(
            current,
            request,
            { ...sent, madeAt: clock.now() },
            this.#etcd.leases,
          );
          const { revision } = current.last;
          return { header: { ...this.#member.header, revision }, ...result };
        });
    });
  }

  compact(revision: number, options: CallOptions): Promise<void> {
    return this.#call(options, (serving) =>
      serving.propose((history) => applyCompaction(history, revision)),
    );
  }

  status(options: CallOptions): Promise<MemberStatus> {
    return this.#call(options, (serving) =>
      serving.answer(() => ({
        header: this.#member.header,
        version: this.#etcd.version,
        raftAppliedIndex: this.#member.view.index,
        dbSize: 1,
        dbSizeInUse: 1,
        errors: [],
      })),
    );
  }

  watch(request: WatchCreate, handlers: WatchHandlers): WatchStream {
    const stream = new ModelStream({
      etcd: this.#etcd,
      member: this.#member,
      request,
      handlers,
      onOver: () => this.#streams.delete(stream),
    });
    this.#streams.add(stream);
    return stream;
  }

  kill(): void {
    this.#isDead = true;
    this.close();
  }

  close(): void {
    for (const stream of [...this.#streams]) stream.cancel();
  }

  #leases(): MemberLeases {
    const { leases, clock } = this.#etcd;
    const sent = { name: this.#client, sentAt: clock.now() };
    return {
      grant: (id, ttlS, options) =>
        this.#call(options, (serving) =>
          serving.propose((history) => {
            history.add({});
            leases.grant(id, ttlS);
          }),
        ),
      revoke: (id, options) =>
        this.#call(options, (serving) =>
          serving.propose((history) => {
            leases.end(history, id, { ...sent, madeAt: clock.now() });
            return history.last.revision;
          }),
        ),
      keepAlive: (ids, options) =>
        this.#call(options, (serving) => serving.read(() => ids.map((id) => leases.keepAlive(id)))),
      timeToLive: (id, options) =>
        this.#call(options, (serving) => serving.read(() => leases.timeToLive(id))),
    };
  }

  #call<Answer>(
    { timeoutMs }: CallOptions,
    serve: (serving: Serving<Answer>) => void,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#isDead) return;
      const call = new Call<Answer>({
        etcd: this.#etcd,
        member: this.#member,
        timeoutMs,
        resolve: (answer) => {
          if (!this.#isDead) resolve(answer);
        },
        reject: (error) => {
          if (!this.#isDead) reject(error);
        },
      });
      call.send(serve);
    });
  }
}
