import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import type { Timeline } from '../../engine.ts';
import { StorageError } from '../../storage-error.ts';
import { reasonOf, unreadable } from '../errors.ts';
import { checkRows } from '../file/check-rows.ts';
import { LmdbFile } from '../file/lmdb-file.ts';
import { walkPages } from '../file/walk.ts';
import type { Identity } from '../meta.ts';
import { FORMAT } from '../tables.ts';
import type { Label } from './label.ts';
import type { StoreFiles } from './store-files.ts';

/**
 * What a missing, empty, foreign, older or newer file of a directory means is decided here, for all of
 * them. Each function refuses with one line, or returns what is lost where the operator has said that
 * this is to be borne.
 */

/** What a directory is that a repair did not fill to the end. */
export const HALF_FILLED = 'confer.json says that this is left of a repair that did not end';

const HOW_TO_ACCEPT = 'to go on without them, start once with --accept-loss';

/** Whether there is no store yet, and one may be made. Throws where one was there. */
export function isToBeMade(
  files: StoreFiles,
  label: Label | undefined,
  acceptLoss: boolean,
): boolean {
  requireFilled(files, label);
  if (existsSync(files.data)) return false;
  const [leftover] = files.leftovers;
  if (leftover === undefined || acceptLoss) return true;
  // Another server may have made it since the first look, and its other files after it.
  if (existsSync(files.data)) return false;
  const had = label === undefined ? '' : `, which had come to revision ${label.revision} at least`;
  throw unreadable(
    files.directory,
    `data.mdb is missing, and ${basename(leftover)} says that it was there${had}; put it back, or ${HOW_TO_ACCEPT}`,
  );
}

/** Half of what a repair is to salvage is not served, nor built on, whatever the operator bears. */
export function requireFilled({ directory }: StoreFiles, label: Label | undefined): void {
  if (label?.isFilled === false)
    throw unreadable(directory, `${HALF_FILLED}; remove it, and run confer repair again`);
}

/** Files that have no more than this in use are looked through at each start: a fifth of a second. */
const LOOKED_THROUGH_BYTES_MAX = 32 * 1024 * 1024;
/** And of those that have no more than this, the pages: half a second. */
const PAGES_LOOKED_AT_BYTES_MAX = 512 * 1024 * 1024;
/** After so many runs that did not end in order, damage may be what ends them: any file is looked through. */
export const UNFINISHED_RUNS_MAX = 3;

/**
 * Refuses what LMDB had better not open, before it does: it trusts its file, and what does not fit kills
 * the process, or ends a range before its end. The rows of a large file are looked at, each with its sum,
 * only where that may have happened. Returns whether it was looked through.
 */
export function requireReadable(
  files: StoreFiles,
  label: Label | undefined,
  onNotice: (notice: string) => void = () => {},
): boolean {
  if (label !== undefined && label.format > FORMAT) throw newerFormat(files, label.format);
  const isSuspect = (label?.unfinishedRuns ?? 0) >= UNFINISHED_RUNS_MAX;
  if (isSuspect)
    onNotice(
      `the last runs on ${files.directory} did not end well, so data.mdb is looked through first`,
    );
  const looked = lookAt(files.data, isSuspect);
  const [problem, ...more] = looked.problems;
  if (problem === undefined) return looked.isThrough;
  const others = more.length === 0 ? '' : ` (and ${more.length} more; confer verify has them)`;
  const remedy = looked.isStore ? 'confer repair salvages what can be read' : 'restore a copy';
  throw unreadable(files.directory, `data.mdb: ${problem}${others}; ${remedy}`);
}

interface Looked {
  /** Or there is nothing to be read. */
  readonly isStore: boolean;
  readonly problems: readonly string[];
  readonly isThrough: boolean;
}

function lookAt(path: string, isSuspect: boolean): Looked {
  let file: LmdbFile;
  try {
    file = LmdbFile.open(path);
  } catch (error) {
    return { isStore: canBeSalvaged(path), problems: [reasonOf(error)], isThrough: false };
  }
  try {
    const usedBytes = (file.newest.lastPage + 1) * file.pageBytes;
    if (usedBytes > file.sizeBytes)
      return { isStore: true, problems: ['the file is cut off'], isThrough: false };
    if (usedBytes > LOOKED_THROUGH_BYTES_MAX && !isSuspect) {
      const problems = usedBytes > PAGES_LOOKED_AT_BYTES_MAX ? [] : walkPages(file);
      return { isStore: true, problems, isThrough: false };
    }
    const checking = checkRows(file);
    let step = checking.next();
    while (step.done !== true) step = checking.next();
    return { isStore: true, problems: step.value.problems, isThrough: true };
  } finally {
    file.close();
  }
}

/** One of its two meta pages is enough for that. */
function canBeSalvaged(path: string): boolean {
  try {
    LmdbFile.openDamaged(path).close();
    return true;
  } catch {
    return false;
  }
}

/** Refuses what an older or another program wrote, before anything is changed. */
export function requireKnown(files: StoreFiles, identity: Identity | undefined): Identity {
  if (identity === undefined)
    throw unreadable(files.directory, 'data.mdb is not from Confer, or from a Confer before 0.1.0');
  if (identity.format > FORMAT) throw newerFormat(files, identity.format);
  return identity;
}

function newerFormat({ directory }: StoreFiles, format: number): StorageError {
  return new StorageError(
    'newer_format',
    `${directory} was written by a newer Confer (format ${format}; this one reads up to ${FORMAT})`,
  );
}

/** What the store itself says. */
export interface Said {
  readonly epoch: string;
  readonly timelines: readonly Timeline[];
  readonly revision: number;
}

/** Refuses data that the directory knows to have been others. Returns what is lost, in one line. */
export function lostOf(
  files: StoreFiles,
  label: Label | undefined,
  said: Said,
  acceptLoss: boolean,
): string | undefined {
  const loss = label === undefined ? undefined : lossBetween(label, said);
  if (loss === undefined || acceptLoss) return loss;
  throw unreadable(files.directory, `${loss}; put back what belongs together, or ${HOW_TO_ACCEPT}`);
}

/** What data lack that a label speaks of, in one line. */
export function lossBetween(
  label: Label,
  { epoch, timelines, revision }: Said,
): string | undefined {
  if (label.epoch !== epoch)
    return `data.mdb is of another store (epoch ${epoch}) than confer.json says (epoch ${label.epoch}, revision ${label.revision})`;
  const isKnown = timelines.some(({ id }) => id === label.timeline);
  if (isKnown && revision >= label.revision) return undefined;
  const lost =
    revision < label.revision
      ? `revisions ${revision + 1} to ${label.revision}`
      : 'what was written after it';
  return `data.mdb is older than confer.json says: it ends at revision ${revision} and lacks ${lost}, at least`;
}
