import { isWithin, type Operation, type Position } from '@confer/shared';
import type { WaitOptions } from './api.ts';
import type { ConferError } from './errors.ts';
import { ReplicaMirror } from './mirror.ts';
import { type MirrorContext, Replica } from './replica.ts';
import type { Wait } from './waiter.ts';

/** The mirrors of a client; those of the same path share one replica. */
export class Mirrors {
  readonly #context: MirrorContext;
  readonly #waitOf: (options: WaitOptions | undefined) => Wait;
  readonly #replicas = new Map<string, Replica>();
  readonly #open = new Set<ReplicaMirror>();

  constructor(context: MirrorContext, waitOf: (options: WaitOptions | undefined) => Wait) {
    this.#context = context;
    this.#waitOf = waitOf;
  }

  /** `over` is why there will be no connection any more, if so. */
  open(
    path: string,
    signal: AbortSignal | undefined,
    over: ConferError | undefined,
  ): ReplicaMirror {
    const replica = this.#replicas.get(path) ?? this.#create(path);
    const mirror: ReplicaMirror = new ReplicaMirror(replica, {
      clock: this.#context.clock,
      notices: this.#context.notices,
      signal,
      waitOf: this.#waitOf,
      onLeft: () => this.#open.delete(mirror),
    });
    if (mirror.status !== 'closed') this.#open.add(mirror);
    if (over !== undefined) replica.failed(over);
    return mirror;
  }

  /**
   * Resolves when all mirrors that `operations` may concern show their commit (W12). All are looked at
   * now: one that gets live while another is waited for says nothing about this commit.
   */
  async show(operations: readonly Operation[], written: Position, wait: () => Wait): Promise<void> {
    const concerned = [...this.#replicas.values()].filter((replica) =>
      operations.some((operation) => mayConcern(operation, replica.path)),
    );
    await Promise.all(concerned.map((replica) => replica.show(written, wait())));
  }

  close(): void {
    for (const mirror of [...this.#open]) mirror.close();
  }

  #create(path: string): Replica {
    const replica: Replica = new Replica(path, this.#context, () => {
      if (this.#replicas.get(path) === replica) this.#replicas.delete(path);
    });
    this.#replicas.set(path, replica);
    return replica;
  }
}

function mayConcern(operation: Operation, subtree: string): boolean {
  const { path, type } = operation;
  if (isWithin(path, subtree)) return true;
  return type === 'delete' && operation.recursive === true && isWithin(subtree, path);
}
