import { isWithin, type Operation } from '@confer/shared';
import type { WatchDiagnostics } from '../diagnostics.ts';
import type { ClientContext } from '../watch/context.ts';
import { ReplicaMirror } from './mirror.ts';
import { Replica } from './replica.ts';

/** The registry of a client's mirrors; those of the same path share one replica, which is counted by them. */
export class MirrorRegistry {
  readonly #context: ClientContext;
  readonly #replicas = new Map<string, Replica>();
  readonly #open = new Map<ReplicaMirror, Replica>();

  constructor(context: ClientContext) {
    this.#context = context;
  }

  open(path: string, signal: AbortSignal | undefined): ReplicaMirror {
    const replica = this.#replicas.get(path) ?? this.#create(path);
    const mirror = new ReplicaMirror(replica, this.#context, {
      signal,
      onLeft: (left) => this.#open.delete(left),
    });
    if (mirror.status !== 'closed') this.#open.set(mirror, replica);
    return mirror;
  }

  /**
   * Those that may not show `operations` yet (W12). To be asked at the very moment of the
   * acknowledgement: the server sends a commit to every synced watch of the connection before that,
   * so the live ones have it. One that gets live right afterwards may be at a revision before it.
   */
  behind(operations: readonly Operation[]): readonly Replica[] {
    return [...this.#replicas.values()].filter(
      ({ path, status }) =>
        status !== 'live' && operations.some((operation) => mayConcern(operation, path)),
    );
  }

  /** Of those that failed too, for as long as somebody has them open. */
  diagnostics(): WatchDiagnostics[] {
    return [...new Set(this.#open.values())].map((replica) => replica.diagnostics());
  }

  close(): void {
    for (const mirror of [...this.#open.keys()]) mirror.close();
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
