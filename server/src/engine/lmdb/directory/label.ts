import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { syncPath } from './make-directory.ts';
import type { StoreFiles } from './store-files.ts';

/** What a directory says that its data are. */
export interface Label {
  readonly format: number;
  readonly epoch: string;
  /** The timeline that was begun last, and a revision that it had reached. */
  readonly timeline: string;
  readonly revision: number;
  /** The process that opened it last. */
  readonly pid: number;
  /** Runs of a server in a row that did not end in order, with the one that has the store now. */
  readonly unfinishedRuns: number;
  /** There while a repair fills the directory: it holds half of what it is to hold. */
  readonly isFilled?: false;
}

const ABOUT = 'A Confer store: data.mdb has its data, and this says which. Keep both together.';

/** The label, or `undefined` where there is none that can be read. */
export function readLabel({ label }: StoreFiles): Label | undefined {
  let text: string;
  try {
    text = readFileSync(label, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  return labelOf(text);
}

function labelOf(text: string): Label | undefined {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof read !== 'object' || read === null) return undefined;
  const number = (name: string) => {
    const value: unknown = Reflect.get(read, name);
    return typeof value === 'number' ? value : undefined;
  };
  const string = (name: string) => {
    const value: unknown = Reflect.get(read, name);
    return typeof value === 'string' ? value : undefined;
  };
  const [format, epoch, timeline] = [number('format'), string('epoch'), string('timeline')];
  const revision = number('revision');
  if (format === undefined || epoch === undefined) return undefined;
  if (timeline === undefined || revision === undefined) return undefined;
  const [pid, unfinishedRuns] = [number('pid') ?? 0, number('unfinishedRuns') ?? 0];
  const label = { format, epoch, timeline, revision, pid, unfinishedRuns };
  return Reflect.get(read, 'isFilled') === false ? { ...label, isFilled: false } : label;
}

/** Puts a label in the place of the one before: after a power loss there is the one or the other. */
export function writeLabel(files: StoreFiles, label: Label): void {
  const unfinished = `${files.label}.new`;
  try {
    writeFileSync(unfinished, `${JSON.stringify({ about: ABOUT, ...label }, undefined, 2)}\n`);
    syncPath(unfinished);
    renameSync(unfinished, files.label);
    syncPath(files.directory);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
}
