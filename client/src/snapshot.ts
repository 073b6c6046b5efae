import type { SnapshotStore } from './local-api.ts';
import { KeptMirrors, type SnapshotOptions } from './snapshot/kept-mirrors.ts';
import { LocalStorageRows } from './snapshot/local-storage.ts';
import { checkSnapshotOptions } from './snapshot/options.ts';
import { name as aName } from './validation/argument-types.ts';
import { checkArgument } from './validation/arguments.ts';

/**
 * Keeps what the mirrors of a page show in the browser (localStorage), under a name: one of each application,
 * environment and user, so that the next visit shows something at once, and works without a server. Browsers have room
 * for some five million characters; where there is none (private windows, no room) that is reported to `onError`, and
 * the page goes on without.
 *
 * ```ts
 * const client = connect(url, { snapshot: browserSnapshot('flags') });
 * ```
 *
 * @throws {ConferError} `invalid_argument`.
 */
export function browserSnapshot(name: string, options: SnapshotOptions = {}): SnapshotStore {
  checkArgument('a name', name, aName);
  checkSnapshotOptions(options);
  const rows = new LocalStorageRows(name);
  return { open: (clock, report) => new KeptMirrors(rows, options, clock, report) };
}

export type { SnapshotOptions };
