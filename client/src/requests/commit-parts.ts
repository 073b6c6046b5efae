import {
  type Condition,
  encode,
  type Operation,
  type Request,
  type TxnOperation,
  type Unsent,
} from '@confer/shared';

type Commit = Extract<Unsent<Request>, { type: 'commit' }>;
type Txn = Extract<Unsent<Request>, { type: 'txn' }>;

/**
 * What a part has at most, but for an operation that is longer by itself: with each character escaped as six
 * bytes it fits into the frames of any server, and is soon read there.
 */
const PART_LENGTH_MAX = 1024 * 1024;
const PART_ITEMS_MAX = 10_000;
/** What the JSON of an operation or a condition adds to its texts, roughly. */
const ITEM_LENGTH = 60;

/** Chunking: the messages that a request travels in. What is too large for one comes in parts. */
export function framesOf(request: Unsent<Request>): readonly string[] {
  if (request.type === 'commit') return partsOfCommit(request).map(encode);
  return (request.type === 'txn' ? partsOfTxn(request) : [request]).map(encode);
}

function partsOfCommit(commit: Commit): readonly Commit[] {
  const { conditions = [], operations, ...head } = commit;
  const parts = partsOf(head, [conditions, operations]);
  if (parts.length === 1) return [commit];
  return parts.map(({ about, slice }) => ({
    ...about,
    conditions: slice(conditions, 0),
    operations: slice(operations, conditions.length),
  }));
}

function partsOfTxn(txn: Txn): readonly Txn[] {
  const { if: conditions, then, else: otherwise = [], ...head } = txn;
  const parts = partsOf(head, [conditions, then, otherwise]);
  if (parts.length === 1) return [txn];
  return parts.map(({ about, slice }) => ({
    ...about,
    if: slice(conditions, 0),
    then: slice(then, conditions.length),
    else: slice(otherwise, conditions.length + then.length),
  }));
}

type Item = Condition | Operation | TxnOperation;

interface Part<Head> {
  /** What it says beside its lists. */
  readonly about: Head & { readonly part: number; readonly more: true | undefined };
  /** What it has of a list that so many items are before. */
  readonly slice: <One>(items: readonly One[], before: number) => readonly One[];
}

/** The parts in which several lists travel, one after the other. */
function partsOf<Head extends { readonly note?: string | undefined }>(
  head: Head,
  lists: readonly (readonly Item[])[],
): readonly Part<Head>[] {
  const ends = endsOf(lists.flat());
  return ends.map((end, part) => {
    const start = ends[part - 1] ?? 0;
    const note = part === 0 ? head.note : undefined;
    return {
      about: { ...head, note, part, more: part === ends.length - 1 ? undefined : true },
      slice: (items, before) => items.slice(Math.max(0, start - before), Math.max(0, end - before)),
    };
  });
}

/** Where each part ends, among all items. */
function endsOf(items: readonly Item[]): number[] {
  const ends: number[] = [];
  let start = 0;
  let length = 0;
  for (const [i, item] of items.entries()) {
    const own = ITEM_LENGTH + item.path.length + valueLengthOf(item);
    if (i > start && (length + own > PART_LENGTH_MAX || i - start === PART_ITEMS_MAX)) {
      ends.push(i);
      start = i;
      length = 0;
    }
    length += own;
  }
  return [...ends, items.length];
}

function valueLengthOf(item: Item): number {
  return 'value' in item ? item.value.length : 0;
}
