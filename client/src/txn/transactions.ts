import {
  type Decided,
  type Operation,
  type Request,
  type TxnOperation,
  type TxnResult,
  txnResults,
  type Unsent,
} from '@confer/shared';
import type { TxnOptions } from '../api.ts';
import { ConferError } from '../errors.ts';
import type { Deadline, NewDeadline } from '../requests/deadline.ts';
import { noAnswer } from '../requests/no-answer.ts';
import { entryProblem, pageProblem } from '../requests/reply-rules.ts';
import type { Answer, Requests } from '../requests/requests.ts';
import type { TxnOperations, TxnOutcome, TxnResultsOf } from '../txn-api.ts';
import { checkTxn } from './arguments.ts';
import { completed, isWhole, type ReadPage, type WholeResult } from './left-out.ts';

/** Writes as every write of a client is made: under a request id (S4), and shown by its mirrors (W12). */
export interface TxnWrites {
  write(
    type: 'decided',
    operations: readonly Operation[],
    deadline: Deadline,
    request: (id: number, requestId: string) => Unsent<Request>,
    isMade: (reply: Decided) => boolean,
  ): Promise<Answer<'decided'>>;
}

export interface TxnContext {
  readonly requests: Requests;
  readonly newDeadline: NewDeadline;
}

/** Does a transaction: arguments checked, sent until it is answered, results whole, mirrors up to date. */
export async function transact<Then extends TxnOperations, Else extends TxnOperations>(
  request: TxnOptions<Then, Else>,
  writes: TxnWrites,
  { requests, newDeadline }: TxnContext,
): Promise<TxnOutcome<Then, Else>> {
  checkTxn(request);
  const deadline = newDeadline(request);
  const answer = await ask(request, deadline, writes);
  const { succeeded, revision } = answer.reply;
  const done: TxnOperations = (succeeded ? request.then : request.else) ?? [];
  const results = await wholeResults(done, answer, (path, query) =>
    requests.ask('listed', (id) => ({ type: 'list', id, path, ...query }), deadline),
  );
  if (succeeded && isResultsOf(request.then, results)) return { succeeded, revision, results };
  if (!succeeded && isResultsOf(request.else, results)) return { succeeded, revision, results };
  throw new ConferError('internal', 'the server answered other operations than it was asked for');
}

function ask(
  { if: conditions = [], then = [], else: others, note }: TxnOptions<TxnOperations, TxnOperations>,
  deadline: Deadline,
  writes: TxnWrites,
): Promise<Answer<'decided'>> {
  const branches = { if: conditions, then, else: others };
  return writes.write(
    'decided',
    [...then, ...(others ?? [])].filter(isWrite),
    deadline,
    (id, requestId) => ({ type: 'txn', id, requestId, ...branches, note }),
    ({ revision, readRevision }) => revision !== readRevision,
  );
}

function isWrite(operation: TxnOperation): operation is Operation {
  return operation.type === 'put' || operation.type === 'delete';
}

async function wholeResults(
  operations: TxnOperations,
  { reply, welcome }: Answer<'decided'>,
  readPage: ReadPage,
): Promise<readonly WholeResult[]> {
  const { revision, readRevision: at } = reply;
  const results = checked(reply.results);
  const problem = resultsProblem(operations, results, reply);
  if (problem !== undefined) throw noAnswer(problem);
  const whole: WholeResult[] = [];
  try {
    for (const [i, operation] of operations.entries()) {
      const result = results[i];
      if (result !== undefined)
        whole.push(await completed(operation, result, { welcome, at, readPage }));
    }
    return whole;
  } catch (error) {
    const isGone = error instanceof ConferError && error.code === 'compacted';
    if (!isGone || revision === at) throw error;
    const message = `the transaction was made at revision ${revision}; what it found is gone: ${error.message}`;
    throw new ConferError('results_compacted', message, { path: error.path, cause: error });
  }
}

/** What a server answers is not believed because it is one. */
function checked(results: unknown): readonly TxnResult[] {
  const problem = { path: [], text: '', hasUnknown: false };
  if (txnResults.accepts(results, problem)) return results;
  throw new ConferError('internal', `the server answered what is no result: ${problem.text}`);
}

/** Why they cannot be those of the operations, where they are of their kind. */
function resultsProblem(
  operations: TxnOperations,
  results: readonly TxnResult[],
  { revision, readRevision }: Decided,
): string | undefined {
  // safeguard: transaction-reads-what-was-there-before
  if (readRevision > revision) return `what was read at ${readRevision}, after ${revision}`;
  for (const [i, { path }] of operations.entries()) {
    const result = results[i];
    const problem = result && resultProblem(path, result, readRevision);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function resultProblem(path: string, result: TxnResult, revision: number): string | undefined {
  if (result.type === 'get' && result.entry) return entryProblem(path, result.entry.path);
  if (result.type !== 'list') return undefined;
  const { entries = [], folders = [], next } = result;
  return pageProblem({ path }, { revision, entries, folders, next });
}

/** Whether they are those of the operations, each of its kind; what is not there is `undefined`, as elsewhere. */
function isResultsOf<Operations extends TxnOperations>(
  operations: Operations | undefined,
  results: unknown,
): results is TxnResultsOf<Operations> {
  if (!Array.isArray(results) || results.length !== (operations?.length ?? 0)) return false;
  return results.every((result: WholeResult, i) => isOf(operations?.[i], result));
}

function isOf(operation: TxnOperation | undefined, result: WholeResult): boolean {
  if (operation?.type !== result.type) return false;
  if (operation.type !== 'list' || operation.values === false || result.type !== 'list')
    return true;
  return result.entries.every(isWhole);
}
