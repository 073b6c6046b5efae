import { isWithin, type Operation } from '@confer/shared';
import type { Client, WatchOptions } from '../api.ts';
import type { WatchDiagnostics } from '../diagnostics.ts';
import { closedError } from '../make-error.ts';
import { flag, position, signal } from '../validation/argument-types.ts';
import { checkOptions, checkSubtree } from '../validation/arguments.ts';
import type { ClientContext } from '../watch/context.ts';
import type { EventWatch } from '../watch/event-watch.ts';
import { type InnerExtras, needed } from './extras.ts';
import { ReplicaMirror } from './mirror.ts';
import { Replica } from './replica.ts';

/**
 * The mirrors and event watches that a client has open. Mirrors of the same path share one replica, which is
 * counted by them; event watches share nothing.
 */
export class Subscriptions implements Pick<Client, 'mirror' | 'watch'> {
  readonly #context: ClientContext;
  readonly #extras: InnerExtras | undefined;
  readonly #replicas = new Map<string, Replica>();
  readonly #mirrors = new Map<ReplicaMirror, Replica>();
  readonly #watches = new Set<EventWatch>();
  #isClosed = false;

  constructor(context: ClientContext, extras: InnerExtras | undefined) {
    this.#extras = extras;
    this.#context = context;
  }

  mirror(path: string, options: { readonly signal?: AbortSignal } = {}): ReplicaMirror {
    this.#check(path, options);
    const replica = this.#replicas.get(path) ?? this.#create(path);
    const mirror = new ReplicaMirror(replica, this.#context, {
      signal: options.signal,
      extras: this.#extras,
      onLeft: (left) => this.#mirrors.delete(left),
    });
    if (mirror.status !== 'closed') this.#mirrors.set(mirror, replica);
    return mirror;
  }

  watch(path: string, options: WatchOptions = {}): EventWatch {
    this.#check(path, options, { after: position, prev: flag });
    const { newWatch } = needed(this.#extras, 'client.watch');
    const watch = newWatch(path, options, this.#context, (left) => this.#watches.delete(left));
    if (options.signal?.aborted !== true) this.#watches.add(watch);
    return watch;
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
    const open = [...new Set(this.#mirrors.values()), ...this.#watches];
    return open.map((each) => each.diagnostics());
  }

  close(): void {
    this.#isClosed = true;
    for (const open of [...this.#mirrors.keys(), ...this.#watches]) open.close();
  }

  #check(path: string, options: WatchOptions, types?: Parameters<typeof checkOptions>[1]): void {
    checkSubtree(path);
    checkOptions(options, { ...types, signal });
    if (this.#isClosed) throw closedError('the client');
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
