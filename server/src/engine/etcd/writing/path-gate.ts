import { isWithin, subtreesOf } from '@confer/shared';
import type { WriteRequest } from '../../engine.ts';

interface Turn {
  readonly request: WriteRequest;
  readonly done: Promise<void>;
}

/** A write that removes more of them waits for all that are under way: to look through them for each takes longer. */
const SUBTREES_LOOKED_AT = 16;

/** Of both branches: nobody knows yet which one it will be. */
function operationsOf({ operations, otherwise }: WriteRequest): WriteRequest['operations'] {
  return otherwise === undefined ? operations : [...operations, ...otherwise];
}

/**
 * Lets a write wait for those before it that touch its paths. Calls to etcd overtake each other, and what one writer
 * wrote first must not be written last. Writes of other paths pass.
 */
export class PathGate {
  /** The last write of each path, and of each subtree, and of each request id. */
  readonly #paths = new Map<string, Turn>();
  readonly #subtrees = new Map<string, Turn>();
  readonly #requests = new Map<string, Turn>();
  readonly #turns = new Set<Turn>();

  /**
   * Takes a place: `turn` resolves when those before are done, where there are any, and `leave` lets those behind in
   * after them.
   */
  enter(request: WriteRequest): {
    readonly turn: Promise<void> | undefined;
    readonly leave: () => void;
  } {
    let open = () => {};
    const done = new Promise<void>((resolve) => {
      open = resolve;
    });
    const turn = { request, done };
    const before = this.#before(request);
    this.#add(turn);
    const isTurn =
      before.size === 0
        ? undefined
        : Promise.all([...before].map((each) => each.done)).then(() => {});
    const leave = () => {
      this.#remove(turn);
      if (isTurn === undefined) open();
      else void isTurn.then(open);
    };
    return { turn: isTurn, leave };
  }

  #before(request: WriteRequest): ReadonlySet<Turn> {
    const { requestId } = request;
    const operations = operationsOf(request);
    let subtrees = 0;
    for (const operation of operations)
      if (operation.type === 'delete' && operation.recursive === true) subtrees++;
    if (subtrees > SUBTREES_LOOKED_AT) return new Set(this.#turns);
    const before = new Set<Turn | undefined>([this.#requests.get(requestId)]);
    for (const { path, ...operation } of operations) {
      before.add(this.#paths.get(path));
      if (this.#subtrees.size > 0)
        for (const subtree of subtreesOf(path)) before.add(this.#subtrees.get(subtree));
      if (operation.type === 'delete' && operation.recursive === true)
        for (const places of [this.#paths, this.#subtrees])
          for (const [place, turn] of places) if (isWithin(place, path)) before.add(turn);
    }
    before.delete(undefined);
    return new Set([...before].filter((turn) => turn !== undefined));
  }

  #add(turn: Turn): void {
    this.#turns.add(turn);
    this.#requests.set(turn.request.requestId, turn);
    for (const operation of operationsOf(turn.request))
      this.#placesOf(operation).set(operation.path, turn);
  }

  #remove(turn: Turn): void {
    this.#turns.delete(turn);
    if (this.#requests.get(turn.request.requestId) === turn)
      this.#requests.delete(turn.request.requestId);
    for (const operation of operationsOf(turn.request)) {
      const places = this.#placesOf(operation);
      if (places.get(operation.path) === turn) places.delete(operation.path);
    }
  }

  #placesOf(operation: WriteRequest['operations'][number]): Map<string, Turn> {
    const isSubtree = operation.type === 'delete' && operation.recursive === true;
    return isSubtree ? this.#subtrees : this.#paths;
  }
}
