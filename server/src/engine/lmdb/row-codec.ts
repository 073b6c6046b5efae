import { crc32 } from 'node:zlib';
import { assert, type DeleteCause, type Entry } from '@confer/shared';
import type { Before } from '../engine.ts';
import type { LazyEntry } from '../evaluate.ts';
import type { ChangeOutline } from '../past.ts';
import { quotedSum } from '../value-sum.ts';
import { WholeEntry } from '../whole-entry.ts';
import { DamageError } from './damage.ts';
import { longTextAsJson } from './json-text.ts';
import { LongRow } from './rows.ts';

/**
 * An `EntryRow` says where it stands (`Step`) and how long a value is that lies apart, and then has the
 * entry as the JSON text that snapshots send:
 *
 *     790 3 0 {"modRevision":812,"path":"/a/b",...,"updatedBy":"ann","value":"8080"}
 *     790 3 5120 {"modRevision":812,"path":"/a/b",...,"updatedBy":"ann","value":
 *
 * What lies apart is the rest, without the brace.
 */
export type EntryRow = string;

/** Longer values lie apart: a page of LMDB would not hold two such rows. */
const INLINE_LENGTH_MAX = 1_000;

/** Where a change of a path stands among all of that path, so that who goes back passes over whole blocks. */
export interface Step {
  /** The revision of the first change of its block. */
  readonly block: number;
  /** How many of the block were before it. */
  readonly step: number;
}

/** So many changes are a block: the way back of 100,000 changes is 400 blocks, and so many in the last. */
const BLOCK_STEPS = 256;

/** `before`: the change before it, where one is known. */
export function stepAfter(before: Step | undefined, revision: number): Step {
  if (before === undefined || before.step + 1 >= BLOCK_STEPS) return { block: revision, step: 0 };
  return { block: before.block, step: before.step + 1 };
}

const NOT_APART = 0;

/** How an entry is stored. */
export interface StoredEntry {
  readonly row: EntryRow;
  /** What lies apart: the value as JSON. */
  readonly apart: LongRow | undefined;
}

/** `before`: the change of its path before, where one is known. */
export function storedEntry(entry: Entry, before: Step | undefined): StoredEntry {
  const { modRevision, path, value, createRevision, version, updatedAt, updatedBy, lease } = entry;
  const isInline = value.length <= INLINE_LENGTH_MAX;
  const text = JSON.stringify({
    modRevision,
    path,
    createRevision,
    version,
    updatedAt,
    updatedBy,
    lease,
    value: isInline ? value : undefined,
  });
  const { block, step } = stepAfter(before, modRevision);
  if (isInline) return { row: `${block} ${step} ${NOT_APART} ${text}`, apart: undefined };
  const row = `${block} ${step} ${value.length} ${text.slice(0, -1)},"value":`;
  return { row, apart: apartRow(value) };
}

const QUOTES = 2;

function apartRow(value: string): LongRow {
  const text = longTextAsJson(value);
  const isEscaped = text.length > value.length + QUOTES;
  return LongRow.of(text, isEscaped ? crc32(text) : quotedSum(value));
}

/** Fetches the value of an entry that lies apart, as JSON. */
export type Fetch = (revision: number, path: string) => string | undefined;

const REVISION_AT = '{"modRevision":'.length;
const PATH_BEFORE = ',"path":"';

/** A row of an entry, read as far as needed. */
export class LazyEntryRow implements LazyEntry, Before, Step {
  readonly path: string;
  readonly row: EntryRow;
  readonly block: number;
  readonly step: number;
  readonly modRevision: number;
  /** How long the value is that lies apart; 0 where it does not. */
  readonly apartLength: number;
  readonly #textAt: number;
  readonly #fetch: Fetch;
  #head: Entry | undefined;

  /** Throws a `DamageError` where the row is not one of that path. */
  constructor(path: string, row: EntryRow, fetch: Fetch) {
    this.path = path;
    this.row = row;
    this.#fetch = fetch;
    const blockEnd = row.indexOf(' ');
    const stepEnd = row.indexOf(' ', blockEnd + 1);
    const apartEnd = row.indexOf(' ', stepEnd + 1);
    this.block = numberAt(row, 0);
    this.step = numberAt(row, blockEnd + 1);
    this.apartLength = numberAt(row, stepEnd + 1);
    this.#textAt = apartEnd + 1;
    const revisionAt = this.#textAt + REVISION_AT;
    this.modRevision = numberAt(row, revisionAt);
    const pathAt = row.indexOf(',', revisionAt) + PATH_BEFORE.length;
    if (!row.startsWith(path, pathAt) && !row.startsWith(JSON.stringify(path).slice(1, -1), pathAt))
      throw new DamageError(`the row of ${path}`);
  }

  /** The whole entry as JSON. */
  get text(): string {
    const text = this.row.slice(this.#textAt);
    return this.apartLength === NOT_APART ? text : `${text}${this.#apart}}`;
  }

  get version(): number {
    return this.#metadata.version;
  }

  get createRevision(): number {
    return this.#metadata.createRevision;
  }

  get lease(): string | undefined {
    return this.#metadata.lease;
  }

  get valueLength(): number {
    return this.apartLength === NOT_APART ? this.#metadata.value.length : this.apartLength;
  }

  entry(): Entry {
    if (this.apartLength === NOT_APART) return this.#metadata;
    return { ...this.#metadata, value: JSON.parse(this.#apart) };
  }

  /** A value that lies apart stays where it is. */
  kept(): Before {
    return this.apartLength === NOT_APART ? new WholeEntry(this.#metadata) : this;
  }

  get heldLength(): number {
    return this.row.length;
  }

  /** The value that lies apart, as JSON. */
  get #apart(): string {
    const value = this.#fetch(this.modRevision, this.path);
    if (value === undefined) throw new DamageError(`the value of ${this.path}`);
    return value;
  }

  /** The entry, without a value that lies apart. */
  get #metadata(): Entry {
    this.#head ??= this.#read();
    return this.#head;
  }

  #read(): Entry {
    const text = this.row.slice(this.#textAt);
    return JSON.parse(this.apartLength === NOT_APART ? text : `${text}""}`);
  }
}

const ZERO = 0x30;

/** The number that begins at a place of a text, up to what is no digit. */
function numberAt(text: string, place: number): number {
  let number = 0;
  for (let i = place; ; i++) {
    const digit = text.charCodeAt(i) - ZERO;
    if (!(digit >= 0 && digit <= 9)) return number;
    number = number * 10 + digit;
  }
}

/**
 * A `LogRow` is a `ChangeRow`. That of the first change of a commit has the `CommitHead` before it, as
 * JSON on a line of its own: so nearly every commit is one row.
 */
export type LogRow = string;

const HEAD_BEGINS = '{';

/** What a row of the log has before its change; `undefined` where the commit began before. */
export function headOf(row: LogRow): CommitHead | undefined {
  return beginsCommit(row) ? JSON.parse(row.slice(0, row.indexOf('\n'))) : undefined;
}

export function withHead(head: CommitHead, change: ChangeRow): LogRow {
  return `${JSON.stringify(head)}\n${change}`;
}

export function beginsCommit(row: LogRow): boolean {
  return row.startsWith(HEAD_BEGINS);
}

function changeOf(row: LogRow): ChangeRow {
  return beginsCommit(row) ? row.slice(row.indexOf('\n') + 1) : row;
}

/**
 * A `ChangeRow`: a letter for what the change did, and then what it did it to.
 *
 * - `u` and the row before: it replaced that.
 * - `c`: it made the path. `c` and a `TombstoneRow`: the path was deleted before.
 * - `r`, `x`, `v` and the row before: it deleted that, because it was removed, expired, or revoked.
 */
export type ChangeRow = string;

const causes: Readonly<Record<string, DeleteCause>> = { r: 'removed', x: 'expired', v: 'revoked' };
const letters: Readonly<Record<DeleteCause, string>> = { removed: 'r', expired: 'x', revoked: 'v' };

/** When and why a path went. */
export interface Gone extends Step {
  readonly revision: number;
  readonly cause: DeleteCause;
}

/** What a change did. */
export type Link =
  | { readonly kind: 'replaced'; readonly before: LazyEntryRow }
  | { readonly kind: 'created'; readonly gone: Gone | undefined }
  | { readonly kind: 'deleted'; readonly cause: DeleteCause; readonly before: LazyEntryRow };

export const changeRows = {
  replaced: (before: LazyEntryRow): ChangeRow => `u${before.row}`,
  created: (gone: Gone | undefined): ChangeRow =>
    gone === undefined ? 'c' : `c ${tombstoneRow(gone)}`,
  deleted: (cause: DeleteCause, before: LazyEntryRow): ChangeRow =>
    `${letters[cause]}${before.row}`,
};

export function linkOf(path: string, row: LogRow, fetch: Fetch): Link {
  const change = changeOf(row);
  const letter = change.charAt(0);
  if (letter === 'c')
    return { kind: 'created', gone: change.length === 1 ? undefined : goneOf(change.slice(2)) };
  const before = new LazyEntryRow(path, change.slice(1), fetch);
  if (letter === 'u') return { kind: 'replaced', before };
  const cause = causes[letter];
  assert(cause !== undefined, 'a change has a kind');
  return { kind: 'deleted', cause, before };
}

/** The same without what was there before, which is the longest of it. */
export function outlineOf(path: string, row: LogRow): ChangeOutline {
  const letter = row.charAt(beginsCommit(row) ? row.indexOf('\n') + 1 : 0);
  const cause = causes[letter];
  if (cause !== undefined) return { type: 'delete', path, cause };
  return { type: 'put', path, created: letter === 'c' };
}

/** A `TombstoneRow`: `812 r 790 4` for one at 812, with the letter of its cause and where it stands. */
export function tombstoneRow({ revision, cause, block, step }: Gone): string {
  return `${revision} ${letters[cause]} ${block} ${step}`;
}

export function goneOf(row: string): Gone {
  const letterAt = row.indexOf(' ') + 1;
  const blockAt = letterAt + 2;
  const cause = causes[row.charAt(letterAt)];
  assert(cause !== undefined, 'a delete has a cause');
  const step = numberAt(row, row.indexOf(' ', blockAt) + 1);
  return { revision: numberAt(row, 0), cause, block: numberAt(row, blockAt), step };
}

/** A `CommitHead`: what a commit has beside its changes. */
export interface CommitHead {
  readonly time: number;
  readonly actor: string;
  readonly note?: string;
  readonly cleared?: readonly string[];
  /** What was replaced was too much to be told with the commit. */
  readonly withoutPrev?: true;
  /** Changes, and about the bytes kept for history, from the beginning of the epoch up to here. */
  readonly changesSoFar: number;
  readonly bytesSoFar: number;
}

/** A `RequestsRow`, JSON: the writes that one transaction made, as a second try of each is answered (S4). */
export interface RequestsRow {
  readonly made: readonly MadeRequest[];
}

export type MadeRequest = readonly [
  requestId: string,
  revision: number,
  puts: number,
  deletes: number,
  fingerprint: number,
  /** There where the request did what it does where a condition does not hold. */
  otherwise?: 1,
];
