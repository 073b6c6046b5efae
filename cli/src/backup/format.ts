import { type Entry, hasLoneSurrogate, limits, pathProblem, utf8Length } from '@confer/shared';

/*
 * The lines of a backup, as docs/backup.md has them: a header, a line for each entry, and a last line. All are JSON,
 * and each ends with a line feed.
 */

/** The first line: which state of which server it is. */
export interface Header {
  readonly format: typeof FORMAT;
  readonly formatVersion: number;
  /** Of the history that the revision is one of. */
  readonly epoch: string;
  /** All entries are as of it. */
  readonly revision: number;
  /** By the clock of who took it, in ms since the Unix epoch. */
  readonly takenAt: number;
  readonly server: { readonly version: string; readonly engine: string };
}

const FORMAT = 'confer-backup';
/** One more with each change that a reader of before would misread. */
export const FORMAT_VERSION = 1;

/** The longest line: the largest value, with each of its bytes escaped as six, and the rest. */
export const LINE_LENGTH_MAX = 8 * 1024 * 1024;

export function headerOf(state: Omit<Header, 'format' | 'formatVersion'>): Header {
  return { format: FORMAT, formatVersion: FORMAT_VERSION, ...state };
}

export function headerLine(header: Header): string {
  return `${JSON.stringify(header)}\n`;
}

/** The fields that a reader knows, in one order, whatever else a newer server says of an entry. */
export function entryLine(entry: Entry): string {
  const { path, value, createRevision, modRevision, version, updatedAt, updatedBy, lease } = entry;
  const fields = { path, value, createRevision, modRevision, version, updatedAt, updatedBy, lease };
  return `${JSON.stringify(fields)}\n`;
}

/** A header, the version of a newer one, or `undefined` where it is none. */
export function readHeader(line: string): Header | { readonly newer: number } | undefined {
  const json = parsed(line);
  if (json?.format !== FORMAT) return undefined;
  const { formatVersion, epoch, revision, takenAt, server } = json;
  if (!isCount(formatVersion)) return undefined;
  if (formatVersion > FORMAT_VERSION) return { newer: formatVersion };
  if (!isText(epoch, limits.nameLengthMax) || !isCount(revision) || !isCount(takenAt))
    return undefined;
  if (!isObject(server)) return undefined;
  const { version, engine } = server;
  if (!isText(version, limits.nameLengthMax) || !isText(engine, limits.nameLengthMax))
    return undefined;
  return { format: FORMAT, formatVersion, epoch, revision, takenAt, server: { version, engine } };
}

/** More than any name has, whoever gave it. */
const ACTOR_LENGTH_MAX = 1_024;
const FIELDS = 7;

/** An entry, or why the line is none. */
export function readEntry(line: string, revision: number): Entry | string {
  const json = parsed(line);
  if (json === undefined) return 'it is no JSON object';
  const { path, value, createRevision, modRevision, version, updatedAt, updatedBy, lease } = json;
  if (typeof path !== 'string') return 'it has no path';
  const wrong = (what: string) => `${JSON.stringify(path).slice(0, 200)}: ${what}`;
  if (typeof value !== 'string') return wrong('its value is no text');
  if (!isCount(createRevision) || !isCount(modRevision) || !isCount(version) || !isCount(updatedAt))
    return wrong('its revisions, its version or its time are no whole numbers');
  if (typeof updatedBy !== 'string') return wrong('it does not say who wrote it');
  if (lease !== undefined && typeof lease !== 'string') return wrong('its lease is no text');
  const all = { path, value, createRevision, modRevision, version, updatedAt, updatedBy };
  const entry = lease === undefined ? all : { ...all, lease };
  if (Object.keys(json).length !== FIELDS + (lease === undefined ? 0 : 1))
    return wrong('it has fields that this version does not know');
  const problem = entryProblem(entry, revision);
  return problem === undefined ? entry : wrong(problem);
}

/** Why no backup of a revision has such an entry; `undefined` where it may. */
export function entryProblem(entry: Entry, revision: number): string | undefined {
  const { path, value, createRevision, modRevision, version, updatedBy, lease = '' } = entry;
  const problem = pathProblem(path);
  if (problem !== undefined) return problem;
  if (hasLoneSurrogate(value)) return 'its value is no text';
  if (value.length * 3 > limits.valueBytesMax && utf8Length(value) > limits.valueBytesMax)
    return `its value has more than ${limits.valueBytesMax} bytes`;
  if (createRevision < 1 || createRevision > modRevision || version < 1)
    return 'its revisions and its version do not fit together';
  if (modRevision > revision) return `it is newer than revision ${revision} of the backup`;
  if (!isText(updatedBy, ACTOR_LENGTH_MAX)) return 'it does not say who wrote it';
  return isText(lease, ACTOR_LENGTH_MAX) ? undefined : 'its lease is no text';
}

function parsed(line: string): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(line);
    return isObject(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

function isObject(json: unknown): json is Record<string, unknown> {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

function isCount(json: unknown): json is number {
  return typeof json === 'number' && Number.isSafeInteger(json) && json >= 0;
}

function isText(json: unknown, lengthMax: number): json is string {
  return typeof json === 'string' && json.length <= lengthMax && !hasLoneSurrogate(json);
}
