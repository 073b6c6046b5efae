import { readFile } from 'node:fs/promises';
import type { TxnOperation, TxnOperations, TxnOutcome, TxnResultOf } from '@confer/client';
import { SyntaxProblem } from '../config-data/parsed.ts';
import { formatOf as formatOfFile, parseBytes } from '../config-data/read-file.ts';
import { withClient } from '../connection.ts';
import type { Context } from '../context.ts';
import { exitCodes, Failure } from '../failure.ts';
import { formatOf, printResult } from '../output/format.ts';
import { counted, oneLine } from '../output/text.ts';
import { readTxn, type TxnFile, TxnFileError } from '../txn/read-txn.ts';

export interface TxnCommandOptions {
  readonly note?: string;
}

type Outcome = TxnOutcome<TxnOperations, TxnOperations>;

export async function txn(
  context: Context,
  file: string | undefined,
  options: TxnCommandOptions,
): Promise<void> {
  const format = formatOf(context, ['table', 'raw', 'json', 'ndjson', 'yaml']);
  const asked = await readFrom(context, file);
  const note = options.note ?? asked.note;
  const { else: others = [], ...rest } = asked;
  const outcome: Outcome = await withClient(context, (client) =>
    client.txn({ if: rest.if, then: rest.then, else: others, ...(note !== undefined && { note }) }),
  );
  if (!outcome.succeeded && asked.else === undefined)
    throw new Failure(
      exitCodes.conflict,
      'conflict',
      `a condition does not hold at revision ${outcome.revision}; nothing was written`,
      'with "else" a transaction says what to do then: { get: PATH } shows what is there',
    );
  const { succeeded, revision } = outcome;
  const operations = succeeded ? asked.then : others;
  const results = operations.map((operation, i) => ({
    path: operation.path,
    ...resultAt(outcome, i, operation),
  }));
  const branch = succeeded ? 'then' : 'else';
  const lines = operations.flatMap((operation, i) =>
    linesOf(operation, resultAt(outcome, i, operation)),
  );
  const text = [`${branch}, at revision ${revision}`, ...lines].join('\n');
  await printResult(context, format, {
    text,
    raw: revision,
    data: { succeeded, revision, results },
  });
}

function resultAt(
  { results }: Outcome,
  i: number,
  { path }: TxnOperation,
): TxnResultOf<TxnOperation> {
  const result = results[i];
  if (result === undefined) throw new Error(`the client has no result for ${path}`);
  return result;
}

function linesOf({ path }: TxnOperation, result: TxnResultOf<TxnOperation>): string[] {
  const about = `  ${result.type} ${oneLine(path)}`;
  switch (result.type) {
    case 'put':
      return [result.version === undefined ? about : `${about}: version ${result.version}`];
    case 'delete':
      if (result.deletes === undefined) return [about];
      return [`${about}: ${counted(result.deletes, 'entry', 'entries')} removed`];
    case 'get':
      return [`${about}: ${result.entry === undefined ? 'nothing' : oneLine(result.entry.value)}`];
    case 'list':
      return [
        `${about}: ${counted(result.entries.length, 'entry', 'entries')}`,
        ...result.entries.map(
          (entry) =>
            `    ${oneLine(entry.path)}${'value' in entry ? `: ${oneLine(`${entry.value}`)}` : ''}`,
        ),
        ...result.folders.map((folder) => `    ${oneLine(folder)}/`),
        ...(result.next === undefined ? [] : ['    and more']),
      ];
  }
}

async function readFrom({ terminal }: Context, file = '-'): Promise<TxnFile> {
  const bytes = file === '-' ? await terminal.stdin.read() : await readBytes(file);
  const name = file === '-' ? 'stdin' : file;
  try {
    // JSON is YAML as well, and stdin has no name that would say which it is.
    return readTxn(parseBytes(bytes, formatOfFile(file) ?? 'yaml'), name);
  } catch (error) {
    throw failureOf(error, name);
  }
}

async function readBytes(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Failure(exitCodes.other, 'unreadable', `cannot read the transaction: ${why}`);
  }
}

function failureOf(error: unknown, name: string): unknown {
  const hint = 'nothing was written; "confer help txn" shows the form';
  if (error instanceof TxnFileError)
    return new Failure(exitCodes.invalid, 'invalid_file', error.problems, hint);
  if (!(error instanceof SyntaxProblem)) return error;
  const { place, message } = error;
  const where = place === undefined ? name : `${name}:${place.line}:${place.column}`;
  return new Failure(exitCodes.invalid, 'invalid_file', `${where}: ${message}`, hint);
}
