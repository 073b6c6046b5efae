import type { Listed, ListedEntry, TxnOperation, TxnResult, Welcome } from '@confer/shared';
import { isComparable } from '../connection/comparable.ts';
import { ConferError } from '../errors.ts';
import type { Answer } from '../requests/requests.ts';
import type { TxnDeleteResult, TxnGetResult, TxnListResult, TxnPutResult } from '../txn-api.ts';

type ListOperation = Extract<TxnOperation, { type: 'list' }>;
type ListResult = Extract<TxnResult, { type: 'list' }>;

/** Asks for a page of a subtree, after a path. */
export type ReadPage = (
  path: string,
  query: {
    readonly depth: number | undefined;
    readonly values: boolean | undefined;
    readonly at: number;
    readonly after: string | undefined;
    readonly limit: number | undefined;
  },
) => Promise<Answer<'listed'>>;

/** What was done, and where it is read what did not fit into its reply. */
export interface Read {
  readonly welcome: Welcome;
  readonly at: number;
  readonly readPage: ReadPage;
}

export type WholeResult =
  | TxnPutResult
  | TxnDeleteResult
  | TxnGetResult
  | TxnListResult<ListedEntry>;

/** The result of an operation with what the reply left out of it, read at the revision that the transaction found. */
export async function completed(
  operation: TxnOperation,
  result: TxnResult,
  read: Read,
): Promise<WholeResult> {
  if (result.type === 'put' || result.type === 'delete') return result;
  if (result.type === 'list' && operation.type === 'list')
    return completedList(operation, result, read);
  if (result.type === 'get' && result.entry !== undefined)
    return { type: 'get', entry: result.entry ?? undefined };
  const query = { depth: 0, values: undefined, after: undefined, limit: undefined };
  const { entries } = await page(operation.path, query, read);
  const [entry] = entries.filter(isWhole);
  return { type: 'get', entry };
}

async function completedList(
  { path, depth, values, limit = Number.POSITIVE_INFINITY }: ListOperation,
  result: ListResult,
  read: Read,
): Promise<WholeResult> {
  const entries = [...(result.entries ?? [])];
  const folders = [...(result.folders ?? [])];
  let { next } = result;
  let isBegun = result.entries !== undefined;
  for (;;) {
    const left = limit - entries.length - folders.length;
    if (isBegun && (next === undefined || left <= 0)) break;
    const rest = Number.isFinite(left) ? left : undefined;
    const more = await page(path, { depth, values, after: next, limit: rest }, read);
    entries.push(...more.entries);
    folders.push(...more.folders);
    next = more.next;
    isBegun = true;
  }
  return { type: 'list', entries, folders, ...(next === undefined ? {} : { next }) };
}

async function page(
  path: string,
  query: Omit<Parameters<ReadPage>[1], 'at'>,
  { welcome, at, readPage }: Read,
): Promise<Listed> {
  const answer = await readPage(path, { ...query, at });
  if (isComparable(answer.welcome, welcome)) return answer.reply;
  throw new ConferError('compacted', 'the server has another history now', { path });
}

export function isWhole(entry: ListedEntry): entry is ListedEntry & { readonly value: string } {
  return entry.value !== undefined;
}
