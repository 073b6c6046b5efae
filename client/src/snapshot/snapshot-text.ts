import { comparePaths, type Entry, isWithin } from '@confer/shared';
import type { KeptState } from '../local-api.ts';
import { checksumOf } from './checksum.ts';

/*
 * How a subtree is kept: lines of JSON, so that people can read and grep it. The first says what it is, each of the
 * others is an entry, and the last has the checksum of all before it:
 *
 *     {"confer":"snapshot","format":1,"path":"/svc","position":{...},"keptAt":1795400000000,"entries":2}
 *     {"path":"/svc/a","value":"1","createRevision":1,...}
 *     {"path":"/svc/b","value":"2",...}
 *     {"checksum":"0f3c..."}
 */

const FORMAT = 1;

/** Why a snapshot cannot be used. */
class SnapshotError extends Error {
  override readonly name = 'SnapshotError';
}

/** The lines, without their ends, one after another: a large one is written in slices. */
export function* linesOf(path: string, state: KeptState): Iterable<string> {
  const { position, keptAt, isPartial, entries } = state;
  const about = { position, keptAt, ...(isPartial && { isPartial }), entries: entries.length };
  yield JSON.stringify({ confer: 'snapshot', format: FORMAT, path, ...about });
  for (const entry of entries) yield JSON.stringify(entry);
}

/** The last line, of the checksum of all lines before it. */
export function lastLine(checksum: string): string {
  return JSON.stringify({ checksum });
}

/**
 * Reads what was kept of a subtree.
 * @throws {SnapshotError} where it is damaged, foreign, or of another subtree.
 */
export function readSnapshot(text: string, path: string): KeptState {
  const end = text.lastIndexOf('\n', text.length - 2) + 1;
  const body = text.slice(0, end);
  const { checksum } = object(parsed(text.slice(end)));
  // A line that was cut off is none.
  if (!text.endsWith('\n') || checksum !== checksumOf(body))
    throw new SnapshotError('it is damaged: its checksum is not right');
  const [first = '', ...lines] = body.slice(0, -1).split('\n');
  const head = object(parsed(first));
  if (head.confer !== 'snapshot') throw new SnapshotError('it is no snapshot of Confer');
  if (head.format !== FORMAT)
    throw new SnapshotError(`its format is ${head.format}, and this client reads ${FORMAT}`);
  if (head.path !== path) throw new SnapshotError(`it is of ${head.path}, not of ${path}`);
  if (head.entries !== lines.length) throw new SnapshotError('it does not have all of its entries');
  const { epoch, revision, timeline } = object(head.position);
  return {
    position: {
      epoch: string(epoch),
      revision: count(revision),
      ...(timeline === undefined ? {} : { timeline: string(timeline) }),
    },
    keptAt: count(head.keptAt),
    entries: lines.map((line) => entryOf(object(parsed(line)), path)).sort(byPath),
    isPartial: head.isPartial === true,
  };
}

function byPath(a: Entry, b: Entry): number {
  return comparePaths(a.path, b.path);
}

function entryOf(item: Readonly<Record<string, unknown>>, subtree: string): Entry {
  const path = string(item.path);
  if (!isWithin(path, subtree)) throw new SnapshotError(`${path} is not in ${subtree}`);
  return {
    path,
    value: string(item.value),
    createRevision: count(item.createRevision),
    modRevision: count(item.modRevision),
    version: count(item.version),
    updatedAt: count(item.updatedAt),
    updatedBy: string(item.updatedBy),
    ...(item.lease === undefined ? {} : { lease: string(item.lease) }),
  };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new SnapshotError('it is damaged: a line of it is no JSON');
  }
}

function object(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null) return { ...value };
  throw new SnapshotError('it is damaged: a line of it is no object');
}

function string(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new SnapshotError('it is damaged: a text is missing');
}

function count(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new SnapshotError('it is damaged: a number is missing');
}
