import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isWithin } from '@confer/shared';
import { type AuditFileName, listFiles } from './audit-file.ts';
import { type AuditLine, linesOf, parseLine } from './lines.ts';

/** What is asked for; what is missing is not asked. */
export interface AuditFilter {
  /** Milliseconds since the Unix epoch. */
  readonly since?: number;
  readonly until?: number;
  readonly principal?: string;
  readonly event?: string;
  readonly outcome?: string;
  /** Events that touched the subtree, or one that it lies in. */
  readonly path?: string;
}

/** One event, as it was written down. */
export interface AuditRecord {
  readonly seq: number;
  readonly time: string;
  readonly event: string;
  readonly outcome: string;
  readonly reason: string;
  readonly principal?: string;
  readonly address?: string;
  readonly revision?: number;
  readonly paths: readonly string[];
  readonly pathCount: number;
  readonly count?: number;
  readonly note?: string;
  /** The whole line. */
  readonly text: string;
}

/** A clock may have been set back by so much while a file was written. */
const CLOCK_MARGIN_MS = 3_600_000;

/**
 * The events that fit, in the order in which they were written; memory holds one at a time. With `wait` it goes on
 * for ever: at the end it waits, and looks again. A line that somebody is writing is for the next look.
 */
export async function* readRecords(
  directory: string,
  filter: AuditFilter,
  wait?: () => Promise<void>,
): AsyncGenerator<AuditRecord> {
  /** Of the file that was read last, and how far. */
  let seq = 0;
  let offset = 0;
  for (;;) {
    const { files } = await listFiles(directory);
    for (const next of await inTime(directory, files, filter)) {
      if (next.seq < seq) continue;
      if (next.seq > seq) offset = 0;
      seq = next.seq;
      for await (const { bytes, isWhole } of linesOf(join(directory, next.name), offset)) {
        if (!isWhole) break;
        offset += bytes.length + 1;
        const line = parseLine(bytes.toString());
        const record = line === undefined ? undefined : recordOf(line);
        if (record !== undefined && fits(record, filter)) yield record;
      }
    }
    if (wait === undefined) return;
    await wait();
  }
}

/** Without those that were last written to before anything that is asked for: ninety days are much to read. */
async function inTime(
  directory: string,
  files: readonly AuditFileName[],
  { since = 0, until = Number.POSITIVE_INFINITY }: AuditFilter,
): Promise<AuditFileName[]> {
  const kept: AuditFileName[] = [];
  for (const file of files) {
    const { mtimeMs } = await stat(join(directory, file.name));
    const isTooOld = mtimeMs < since - CLOCK_MARGIN_MS;
    const isTooNew = file.time > until + CLOCK_MARGIN_MS;
    if (!isTooOld && !isTooNew) kept.push(file);
  }
  return kept;
}

function fits(record: AuditRecord, filter: AuditFilter): boolean {
  const { since = 0, until = Number.POSITIVE_INFINITY, principal, event, outcome, path } = filter;
  const time = Date.parse(record.time);
  return (
    time >= since &&
    time <= until &&
    (principal === undefined || record.principal === principal) &&
    (event === undefined || record.event === event) &&
    (outcome === undefined || record.outcome === outcome) &&
    (path === undefined || record.paths.some((one) => isWithin(one, path) || isWithin(path, one)))
  );
}

function recordOf({ seq, event, text, fields }: AuditLine): AuditRecord {
  const textOf = (name: string) => asText(fields.get(name));
  const principal = textOf('principal');
  const address = textOf('address');
  const note = textOf('note');
  const revision = asNumber(fields.get('revision'));
  const count = asNumber(fields.get('count'));
  const paths = asTexts(fields.get('paths'));
  return {
    seq,
    time: textOf('time') ?? '',
    event,
    outcome: textOf('outcome') ?? '',
    reason: textOf('reason') ?? '',
    ...(principal === undefined ? {} : { principal }),
    ...(address === undefined ? {} : { address }),
    ...(revision === undefined ? {} : { revision }),
    paths,
    pathCount: asNumber(fields.get('pathCount')) ?? paths.length,
    ...(count === undefined ? {} : { count }),
    ...(note === undefined ? {} : { note }),
    text,
  };
}

function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function asNumber(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function asTexts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}
