import { comparePaths, isReserved } from '@confer/shared';

/** The order of the entries of a backup: those of the tree, and then what is the server's own. */
export class EntryOrder {
  #before: string | undefined;

  /** Why a path cannot come next; `undefined` where it may. */
  problem(path: string): string | undefined {
    const before = this.#before;
    this.#before = path;
    if (before === undefined || order(before, path) < 0) return undefined;
    return before === path ? `${path} is there twice` : `${path} comes after ${before}`;
  }
}

function order(a: string, b: string): number {
  return Number(isReserved(a)) - Number(isReserved(b)) || comparePaths(a, b);
}
