import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import {
  type AuditFilter,
  type AuditHead,
  type AuditRecord,
  auditDirectoryOf,
  auditEventKinds,
  readAudit,
  StartError,
  verifyAudit,
} from '@confer/server';
import { subtreeArgument } from '../arguments.ts';
import { type Context, notice, parseDuration } from '../context.ts';
import { exitCodes, Failure, usageError } from '../failure.ts';
import { type Palette, paletteOf } from '../output/colour.ts';
import { formatOf, printResult } from '../output/format.ts';
import { counted, oneLine } from '../output/text.ts';

export interface AuditOptions {
  readonly data: string;
  readonly since?: string;
  readonly until?: string;
  readonly principal?: string;
  readonly event?: string;
  readonly path?: string;
  readonly denied?: true;
  readonly json?: true;
  readonly follow?: true;
}

export interface AuditVerifyOptions {
  readonly data: string;
  readonly heads?: string;
}

/** What a table and a line of JSON share: one event is one line. */
const PATHS_SHOWN = 3;

/** Prints the events that fit, oldest first. */
export async function showAudit(context: Context, options: AuditOptions): Promise<void> {
  const { terminal } = context;
  const format = formatOf(context, ['table', 'ndjson']);
  const asJson = options.json === true || format === 'ndjson';
  const filter = filterOf(context, options);
  const directory = auditDirectoryOf(resolve(options.data));
  const palette = paletteOf(terminal);
  const follow = options.follow === true;
  let shown = 0;
  try {
    for await (const record of readAudit(directory, filter, { signal: terminal.signal, follow })) {
      await terminal.stdout.write(`${asJson ? record.text : lineOf(record, palette)}\n`);
      shown++;
    }
  } catch (error) {
    throw failureOf(error);
  }
  if (shown === 0) notice(context, `no event in ${directory} fits`);
}

/** Says whether the files are as they were written. Ends with 2 where they are not. */
export async function verifyAuditFiles(
  context: Context,
  options: AuditVerifyOptions,
): Promise<void> {
  const format = formatOf(context, ['table', 'raw', 'json', 'ndjson', 'yaml']);
  const directory = auditDirectoryOf(resolve(options.data));
  const heads = options.heads === undefined ? [] : await readHeads(options.heads);
  const found = await verifyAudit(directory, heads).catch((error: unknown) => {
    throw failureOf(error);
  });
  const { files, lines, head, problem } = found;
  if (problem !== undefined)
    throw new Failure(
      exitCodes.usage,
      'damaged',
      oneLine(
        `${directory}: ${problem.file}, line ${problem.line} ${problem.text} (${problem.why})`,
      ),
      'keep the directory as it is and find out who could write to it; a server begins a new audit where it is moved away',
    );
  if (head === undefined)
    throw new Failure(exitCodes.usage, 'storage', `there is no audit in ${directory}`);
  const text = `all is well: ${counted(lines, 'line')} in ${counted(files, 'file')}, up to number ${head.seq} with the sum ${head.hash}`;
  await printResult(context, format, { text, raw: lines, data: { ...head, files, lines } });
}

function filterOf({ terminal }: Context, options: AuditOptions): AuditFilter {
  const { since, until, principal, event, path, denied } = options;
  const now = terminal.clock.now();
  return {
    ...(since === undefined ? {} : { since: timeOf(since, now, '--since') }),
    ...(until === undefined ? {} : { until: timeOf(until, now, '--until') }),
    ...(principal === undefined ? {} : { principal }),
    ...(event === undefined ? {} : { event: kindOf(event) }),
    ...(path === undefined ? {} : { path: subtreeArgument(path) }),
    ...(denied === undefined ? {} : { outcome: 'denied' }),
  };
}

function kindOf(event: string): string {
  if (auditEventKinds.some((kind) => kind === event)) return event;
  throw usageError(`--event ${event}: it is one of ${auditEventKinds.join(', ')}`);
}

/** So long ago, or a date. */
function timeOf(text: string, now: number, option: string): number {
  if (/^[0-9.]+[a-z]+$/.test(text)) return now - parseDuration(text);
  const time = Date.parse(text);
  if (Number.isFinite(time)) return time;
  throw usageError(
    `${option} ${JSON.stringify(text)} is no time; one looks like 1h, 7d or 2026-11-28T12:00:00Z`,
  );
}

function lineOf(record: AuditRecord, { dim, added, removed }: Palette): string {
  const { time, event, outcome, principal, address, revision, count, note, reason } = record;
  const { paths, pathCount } = record;
  const shown = paths.slice(0, PATHS_SHOWN);
  const more = pathCount > shown.length ? ` and ${pathCount - shown.length} more` : '';
  const isBad = outcome === 'denied' || outcome === 'failed';
  const what = [
    count === undefined ? '' : `${count} times`,
    shown.join(' ') + more,
    revision === undefined ? '' : `at revision ${revision}`,
    note === undefined ? '' : JSON.stringify(note),
  ].filter((part) => part !== '');
  const who = [principal ?? '-', address ?? ''].filter((part) => part !== '').join(' from ');
  const start = `${dim(time)}  ${isBad ? removed(outcome) : added(outcome)} ${event}`;
  return `${start}  ${oneLine(who)}  ${oneLine(what.join(' '))}${dim(`  [${oneLine(reason)}]`)}`;
}

/** Heads, or entries that hold one. */
async function readHeads(file: string): Promise<AuditHead[]> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw usageError(`--heads: ${file} cannot be read`);
  });
  return text.split('\n').flatMap((line, i) => {
    if (line.trim() === '') return [];
    const head = headOf(line) ?? headOf(valueIn(line));
    if (head !== undefined) return [head];
    throw usageError(`--heads: ${file}:${i + 1} is no head; one is {"seq":1000,"hash":"..."}`);
  });
}

function headOf(text: string): AuditHead | undefined {
  const { seq, hash, file = '' } = fieldsOf(text);
  return typeof seq === 'number' && typeof hash === 'string' && typeof file === 'string'
    ? { seq, hash, file }
    : undefined;
}

function valueIn(text: string): string {
  const { value } = fieldsOf(text);
  return typeof value === 'string' ? value : '';
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function failureOf(error: unknown): unknown {
  if (!(error instanceof StartError)) return error;
  return new Failure(exitCodes.usage, error.kind, oneLine(error.message));
}
