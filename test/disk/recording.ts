import { CALLS, type Call } from './faults.ts';
import {
  type LogRecord,
  OPEN_CREATED,
  OPEN_DIRECTORY,
  OPEN_TRUNCATED,
  SYNC_OF_WRITE,
} from './log.ts';
import type { Contents, Place, Tree } from './tree.ts';

/** Bytes of a file that were written, or its size that was set. */
export type FileChange =
  | {
      readonly kind: 'write';
      readonly node: number;
      readonly offset: number;
      readonly data: Buffer;
    }
  | { readonly kind: 'resize'; readonly node: number; readonly size: number };

/** What a name stands for. `was` goes away and `is` comes, both or neither. */
export interface NameChange {
  readonly kind: 'name';
  readonly by: 'create' | 'mkdir' | 'rename' | 'link' | 'unlink' | 'rmdir';
  readonly node: number;
  readonly was?: Place;
  readonly is?: Place;
}

export type Change = FileChange | NameChange;

/**
 * What a process did to its disk, in the order in which it took effect. A sync is two of them, as
 * things happen while it runs. With the path by which it was done.
 */
export type Operation = { readonly path: string } & (
  | Change
  | {
      readonly kind: 'sync-start';
      readonly sync: string;
      readonly node: number;
      /** The one write that it is about, for a descriptor that syncs each. */
      readonly ofWrite: number | undefined;
    }
  | { readonly kind: 'sync-end'; readonly sync: string; readonly error: number }
  /** A whole line on stdout. */
  | { readonly kind: 'line'; readonly text: string }
  /** From here on the file may change without anyone seeing it. */
  | { readonly kind: 'map'; readonly node: number }
  /** What the process was told, whether it had an effect or not. */
  | { readonly kind: 'failed'; readonly call: Call; readonly error: number }
);

export interface Recording {
  /** What was there before. */
  readonly before: Contents;
  readonly operations: readonly Operation[];
  /** Files that were mapped to be written to, with what the process left in them. */
  readonly mapped: ReadonlyMap<number, Buffer>;
}

/** The records as operations on files and directories, whichever names these had at the time. */
export class RecordReader {
  readonly operations: Operation[] = [];
  /** The names at the end, as the process saw them. */
  readonly tree: Tree;
  readonly #descriptors = new Map<string, number>();
  readonly #writes = new Map<string, number>();
  #nodes: number;
  #said = '';

  constructor(before: Contents) {
    this.tree = before.tree.copy();
    this.#nodes = before.nodeMax;
  }

  read(record: LogRecord): void {
    const { kind, path } = record;
    if (kind === 'open') this.#open(record);
    else if (kind === 'write' || kind === 'resize') this.#changeFile(kind, record);
    else if (kind === 'sync-start' || kind === 'sync-end') this.#sync(kind, record);
    else if (kind === 'stdout') this.#say(record.data.toString('utf8'));
    else if (kind === 'map') this.#add({ kind, path, node: this.#nodeOf(record) });
    else if (kind === 'failed') this.#fail(record);
    else this.#changeName(kind, record);
  }

  #add(operation: Operation): void {
    this.operations.push(operation);
  }

  #nodeOf({ descriptor }: LogRecord): number {
    const node = this.#descriptors.get(descriptor);
    if (node === undefined) throw new Error(`descriptor ${descriptor} was never opened`);
    return node;
  }

  #find(path: string): number {
    const node = this.tree.find(path);
    if (node === undefined) throw new Error(`someone else made ${path}`);
    return node;
  }

  #open({ path, descriptor, flags }: LogRecord): void {
    const isNew = (flags & OPEN_CREATED) !== 0 && (flags & OPEN_DIRECTORY) === 0;
    if (isNew) this.#name({ by: 'create', node: ++this.#nodes, is: this.tree.placeOf(path) }, path);
    const node = this.#find(path);
    this.#descriptors.set(descriptor, node);
    if ((flags & OPEN_TRUNCATED) !== 0) this.#add({ kind: 'resize', path, node, size: 0 });
  }

  #changeFile(kind: FileChange['kind'], record: LogRecord): void {
    const { path, a, data, descriptor } = record;
    const node = this.#nodeOf(record);
    this.#writes.set(descriptor, this.operations.length);
    if (kind === 'write') this.#add({ kind, path, node, offset: a, data });
    else this.#add({ kind, path, node, size: a });
  }

  #sync(kind: 'sync-start' | 'sync-end', record: LogRecord): void {
    const { descriptor, path, flags, a, error } = record;
    const sync = `${descriptor.split(':')[0]}:${a}`;
    if (kind === 'sync-end') {
      this.#add({ kind, path, sync, error });
      return;
    }
    const ofWrite = (flags & SYNC_OF_WRITE) === 0 ? undefined : this.#writes.get(descriptor);
    this.#add({ kind, path, sync, node: this.#nodeOf(record), ofWrite });
  }

  #say(text: string): void {
    const lines = (this.#said + text).split('\n');
    this.#said = lines.pop() ?? '';
    for (const line of lines) this.#add({ kind: 'line', path: '', text: line });
  }

  #fail({ path, flags, error }: LogRecord): void {
    const call = CALLS[flags];
    if (call !== undefined) this.#add({ kind: 'failed', path, call, error });
  }

  #changeName(by: Exclude<NameChange['by'], 'create'>, { path, other }: LogRecord): void {
    const place = this.tree.placeOf(path);
    if (by === 'mkdir') {
      this.tree.makeDirectory(++this.#nodes);
      this.#name({ by, node: this.#nodes, is: place }, path);
      return;
    }
    const node = this.#find(path);
    if (by === 'link') this.#name({ by, node, is: this.tree.placeOf(other) }, path);
    else if (by === 'rename') {
      // Two names of one file: nothing happens.
      if (this.tree.find(other) === node) return;
      this.#name({ by, node, was: place, is: this.tree.placeOf(other) }, path);
    } else this.#name({ by, node, was: place }, path);
  }

  #name(change: Omit<NameChange, 'kind'>, path: string): void {
    if (change.was !== undefined) this.tree.remove(change.was, change.node);
    if (change.is !== undefined) this.tree.set(change.is, change.node);
    this.#add({ kind: 'name', path, ...change });
  }
}

/** The lines that were said, in their order. */
export function linesOf({ operations }: Recording): string[] {
  return operations.flatMap((each) => (each.kind === 'line' ? [each.text] : []));
}
