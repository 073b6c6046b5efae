import type { Request, Unsent } from '@confer/shared';
import type { Extras, TxnOptions, WatchOptions } from '../api.ts';
import { ConferError } from '../errors.ts';
import type { TxnContext, TxnWrites } from '../txn/transactions.ts';
import type { TxnOperations, TxnOutcome } from '../txn-api.ts';
import type { ClientContext } from '../watch/context.ts';
import type { EventWatch } from '../watch/event-watch.ts';
import type { MirrorReader, ReaderOptions } from './change-reader.ts';

/** The parts of a client that it gets handed in, because few pages need them. */
export interface InnerExtras extends Extras {
  readonly framesOf: (request: Unsent<Request>) => readonly string[];
  readonly newWatch: (
    path: string,
    options: WatchOptions,
    context: ClientContext,
    onLeft: (watch: EventWatch) => void,
  ) => EventWatch;
  readonly transact: <Then extends TxnOperations, Else extends TxnOperations>(
    request: TxnOptions<Then, Else>,
    writes: TxnWrites,
    context: TxnContext,
  ) => Promise<TxnOutcome<Then, Else>>;
  readonly newReader: (options: ReaderOptions, onLeft: () => void) => MirrorReader;
}

export function isInner(extras: Extras | undefined): extras is InnerExtras {
  return extras !== undefined && 'newReader' in extras;
}

/** @throws {ConferError} `invalid_argument`, in a page that has not handed them in. */
export function needed(extras: InnerExtras | undefined, what: string): InnerExtras {
  if (extras) return extras;
  throw new ConferError(
    'invalid_argument',
    `${what} needs connect(url, { extras }), from @confer/client/extras`,
  );
}
