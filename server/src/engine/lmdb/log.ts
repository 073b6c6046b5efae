import { assert, type Change, type Entry } from '@confer/shared';
import type { CommitOutcome, MadeCommit } from '../engine.ts';
import { Pace, type Steps } from '../steps.ts';
import {
  type ChangeRow,
  type CommitRow,
  type EntryRow,
  entryOf,
  type LogHead,
  type LogKey,
  rowOf,
} from './layout.ts';

/**
 * A row is closed once its texts have about so many characters: large enough to be worth its page,
 * small enough to be read, or written, in a fraction of a millisecond.
 */
export const ROW_CHARACTERS = 64 * 1024;

/** Making a row takes longer than looking at a text of its length does. */
const ROW_COST = 8;

/** What a change takes in a row beside its values, roughly. */
const CHANGE_CHARACTERS = 100;

/** What a commit comes to. */
export interface Measure {
  readonly puts: number;
  readonly deletes: number;
  /** Entries that came, less those that went. */
  readonly growth: number;
  /** About what it takes in the log. */
  readonly characters: number;
}

/** Of some changes, added to what was measured before. */
export function measured(changes: readonly Change[], before: Measure): Measure {
  let { puts, deletes, growth, characters } = before;
  for (const change of changes) {
    characters += charactersOf(change);
    if (change.type === 'delete') {
      deletes++;
      growth--;
    } else {
      puts++;
      if (change.prev === undefined) growth++;
    }
  }
  return { puts, deletes, growth, characters };
}

export const NOTHING_MEASURED: Measure = { puts: 0, deletes: 0, growth: 0, characters: 0 };

/** A commit with what is to be remembered about its writer. */
export interface LoggedCommit {
  readonly commit: MadeCommit;
  readonly requestId: string;
  readonly outcome: CommitOutcome;
  /** Entries after it. */
  readonly entryCount: number;
}

export interface LogRow {
  readonly key: LogKey;
  readonly bytes: Buffer;
}

function charactersOf(change: Change): number {
  const { path, prev } = change;
  const made = change.type === 'put' ? change.entry.value.length : 0;
  return CHANGE_CHARACTERS + 2 * path.length + made + (prev === undefined ? 0 : prev.value.length);
}

/** One row for several small commits that follow each other. */
export function rowOfCommits(commits: readonly LoggedCommit[]): LogRow {
  const [first] = commits;
  const last = commits.at(-1);
  assert(first !== undefined && last !== undefined, 'a row has commits');
  const head: LogHead = [first.commit.revision, last.entryCount, commits.map(requestRowOf), 1, ''];
  const rows = commits.map(({ commit }) => commitRowOf(commit, commit.changes));
  return { key: [last.commit.revision, 0], bytes: bytesOf(head, rows) };
}

/** The rows of one commit, in the order of its changes. */
export function* rowsOfCommit(logged: LoggedCommit): Steps<LogRow[]> {
  const { commit, entryCount } = logged;
  const { revision } = commit;
  const parts = yield* partsOf(commit.changes);
  const rows: LogRow[] = [];
  const pace = new Pace();
  for (const [part, changes] of parts.entries()) {
    const requests = part === 0 ? [requestRowOf(logged)] : [];
    const firstPath = changes[0]?.path ?? '';
    const head: LogHead = [revision, entryCount, requests, parts.length, firstPath];
    const bytes = bytesOf(head, [commitRowOf(commit, changes)]);
    rows.push({ key: [revision, part], bytes });
    if (pace.isOver(ROW_COST * bytes.length)) yield;
  }
  return rows;
}

function* partsOf(changes: readonly Change[]): Steps<(readonly Change[])[]> {
  const parts: (readonly Change[])[] = [];
  const pace = new Pace();
  let start = 0;
  let characters = 0;
  for (const [i, change] of changes.entries()) {
    characters += charactersOf(change);
    if (characters > ROW_CHARACTERS || i === changes.length - 1) {
      parts.push(changes.slice(start, i + 1));
      start = i + 1;
      characters = 0;
    }
    if (pace.isOver()) yield;
  }
  return parts;
}

function bytesOf(head: LogHead, rows: readonly CommitRow[]): Buffer {
  return Buffer.from(`${JSON.stringify(head)}\n${JSON.stringify(rows)}`);
}

function requestRowOf({ commit, requestId, outcome }: LoggedCommit) {
  return [requestId, commit.time, outcome.puts, outcome.deletes] as const;
}

function commitRowOf(commit: MadeCommit, changes: readonly Change[]): CommitRow {
  const { revision, time, actor, note, cleared } = commit;
  const row = [revision, time, actor, note ?? null, changes.map(changeRowOf)] as const;
  return cleared === undefined ? row : [...row, cleared];
}

function changeRowOf(change: Change): ChangeRow {
  const made = change.type === 'put' ? rowOf(change.entry) : change.cause;
  const { path, prev } = change;
  return prev === undefined ? [path, made] : [path, made, rowOf(prev)];
}

export function headOf(text: string): LogHead {
  return JSON.parse(text.slice(0, text.indexOf('\n')));
}

/** The commits of a row, or the part of one. */
export function commitsOf(text: string): MadeCommit[] {
  return commitRowsOf(text).map(([revision, time, actor, note, changes, cleared]) => ({
    revision,
    time,
    actor,
    ...(note === null ? {} : { note }),
    changes: changes.map(changeOf),
    ...(cleared === undefined ? {} : { cleared }),
  }));
}

export function commitRowsOf(text: string): readonly CommitRow[] {
  return JSON.parse(text.slice(text.indexOf('\n') + 1));
}

function changeOf([path, made, before]: ChangeRow): Change {
  const prev = before === undefined ? {} : { prev: entryOf(path, before) };
  return isCause(made)
    ? { type: 'delete', path, cause: made, ...prev }
    : { type: 'put', path, entry: entryOf(path, made), ...prev };
}

function isCause(made: ChangeRow[1]): made is Exclude<ChangeRow[1], EntryRow> {
  return typeof made === 'string';
}

/** What a path held before a change. */
export function entryBefore([path, , before]: ChangeRow): Entry | undefined {
  return before === undefined ? undefined : entryOf(path, before);
}
