import type { Place, Store, Synced } from '../load/driver.ts';
import type { Target } from './scenario.ts';

export const VALUE_BYTES = 100;

export function storeOf({ driver, system }: Target): Store {
  if (driver.store === undefined) throw new Error(`${system} keeps nothing`);
  return driver.store;
}

/** Fills a subtree with entries that have the numbers from 1 on. */
export async function fill(target: Target, subtree: string, entries: number): Promise<void> {
  await storeOf(target).fill({ port: target.port, subtree, entries, valueBytes: VALUE_BYTES });
}

/** One reader, from nothing or from a place, until it has what it should have. */
export async function readOnce(
  target: Target,
  subtree: string,
  expected: number,
  after?: Place,
): Promise<Synced> {
  const options = { port: target.port, subtree, expected };
  const reader = storeOf(target).read(after === undefined ? options : { ...options, after });
  const synced = await reader.synced;
  reader.close();
  if (synced.entries !== expected)
    throw new Error(`a reader got ${synced.entries} of ${expected} entries`);
  return synced;
}

/** The numbers of a subtree that was filled, added up: what a reader of all of it must have seen. */
export function checkFilled({ entries, sum }: Synced): void {
  if (sum !== ((1 + entries) * entries) / 2) throw new Error('a reader got the wrong entries');
}
