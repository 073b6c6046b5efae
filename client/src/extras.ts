import type { Extras } from './api.ts';
import { MirrorReader } from './mirror/change-reader.ts';
import type { InnerExtras } from './mirror/extras.ts';
import { framesOf } from './requests/commit-parts.ts';
import { transact } from './txn/transactions.ts';
import { EventWatch } from './watch/event-watch.ts';

const inner: InnerExtras = {
  framesOf,
  transact,
  newWatch: (...parts) => new EventWatch(...parts),
  newReader: (...parts) => new MirrorReader(...parts),
};

/**
 * What few pages need, so that the others do not load it: `client.watch`, `client.txn`, `mirror.changes()`, and commits
 * that are too large for one frame. On Node they are always there.
 *
 * ```ts
 * const confer = connect('https://confer.example', { extras });
 * for await (const commit of confer.watch('/shop')) ...
 * ```
 */
export const extras: Extras = inner;
