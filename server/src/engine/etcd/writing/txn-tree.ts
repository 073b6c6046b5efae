import type { RequestOp, TxnRequest } from '../client/messages.ts';

/**
 * What etcd allows a transaction by default (`--max-txn-ops`). It counts along a path of nested
 * transactions, not over all of them: each level takes the larger of its compares and its operations, and what is
 * within it may take the rest. So 64 transactions of 64 operations each are one transaction, and one revision.
 */
const TXN_OPS_MAX = 128;

/** Deeper trees hold more than fits into a request. */
const LEVELS_MAX = 3;

/**
 * Operations as so few that they fit beside `taken` others, by putting them into transactions within. They are
 * made together whatever their number, and etcd does not say in which order. `undefined`: there are too many.
 */
export function nested(
  operations: readonly RequestOp[],
  taken: number,
): readonly RequestOp[] | undefined {
  const room = TXN_OPS_MAX - taken;
  if (operations.length <= room) return operations;
  for (let levels = 2; levels <= LEVELS_MAX; levels++) {
    const widths = widthsOf(room, levels);
    if (operations.length <= widths.reduce((all, width) => all * width, 1))
      return packed(operations, widths);
  }
  return undefined;
}

/** The room shared out among so many levels, the rest to the innermost. */
function widthsOf(room: number, levels: number): number[] {
  const width = Math.floor(room / levels);
  return Array.from({ length: levels }, (_, i) =>
    i === levels - 1 ? room - width * (levels - 1) : width,
  );
}

function packed(operations: readonly RequestOp[], widths: readonly number[]): RequestOp[] {
  const [, ...inner] = widths;
  if (inner.length === 0) return [...operations];
  const size = inner.reduce((all, width) => all * width, 1);
  const children: RequestOp[] = [];
  for (let i = 0; i < operations.length; i += size)
    children.push({ requestTxn: unconditional(packed(operations.slice(i, i + size), inner)) });
  return children;
}

function unconditional(success: readonly RequestOp[]): TxnRequest {
  return { compare: [], success, failure: [] };
}
