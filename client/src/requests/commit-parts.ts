import { type Condition, encode, type Operation, type Request, type Unsent } from '@confer/shared';

type Commit = Extract<Unsent<Request>, { type: 'commit' }>;

/**
 * What a part has at most, but for an operation that is longer by itself: with each character escaped as six
 * bytes it fits into the frames of any server, and is soon read there.
 */
const PART_LENGTH_MAX = 1024 * 1024;
const PART_ITEMS_MAX = 10_000;
/** What the JSON of an operation or a condition adds to its texts, roughly. */
const ITEM_LENGTH = 60;

/** Chunking: the frames that a request travels in. A commit that is too large for one comes in parts. */
export function framesOf(request: Unsent<Request>): readonly string[] {
  return (request.type === 'commit' ? partsOf(request) : [request]).map(encode);
}

function partsOf(commit: Commit): readonly Commit[] {
  const { type, id, requestId, note, operations, conditions = [] } = commit;
  const ends = endsOf([...conditions, ...operations]);
  if (ends.length === 1) return [commit];
  const last = ends.length - 1;
  return ends.map((end, part) => {
    const slice = <Item>(items: readonly Item[], before: number) =>
      items.slice(Math.max(0, (ends[part - 1] ?? 0) - before), Math.max(0, end - before));
    return {
      type,
      id,
      requestId,
      note: part === 0 ? note : undefined,
      conditions: slice(conditions, 0),
      operations: slice(operations, conditions.length),
      part,
      more: part === last ? undefined : true,
    };
  });
}

/** Where each part ends, among all conditions and then all operations. */
function endsOf(items: readonly (Condition | Operation)[]): number[] {
  const ends: number[] = [];
  let start = 0;
  let length = 0;
  for (const [i, item] of items.entries()) {
    const own = ITEM_LENGTH + item.path.length + ('value' in item ? item.value.length : 0);
    if (i > start && (length + own > PART_LENGTH_MAX || i - start === PART_ITEMS_MAX)) {
      ends.push(i);
      start = i;
      length = 0;
    }
    length += own;
  }
  return [...ends, items.length];
}
