/**
 * What a loss of power may leave of a directory, from the recording of what was done to it (see
 * `watch.ts`).
 *
 *     for (const state of diskStates(recording, { seed: 1, count: 300 })) {
 *       state.writeTo(directory);
 *       // Recover in `directory`. All of `state.lines` had been said: what they promise must hold.
 *     }
 *
 * The power is lost between two operations. What a sync made certain by then (see `certainty.ts`) is
 * there. Everything else may be there or not, in any selection, with writes torn (see `fate.ts`):
 * of each sector, the bytes of its last certain write or of any later one. Names change as a whole,
 * the first so many of them, or any. A file counts as synced only where its directory was, too, as
 * it may have no name otherwise.
 *
 * Files that were mapped to be written to hold anything of what they held at the end.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { SeededRandom } from '../../shared/src/test-support/seeded-random.ts';
import { certainFrom, isChange } from './certainty.ts';
import { Fate } from './fate.ts';
import { Image } from './image.ts';
import type { FileChange, NameChange, Operation, Recording } from './recording.ts';
import type { Tree } from './tree.ts';

const TOLD_MAX = 60;
/** What comes so many operations after a failure is its aftermath. */
const SOON = 16;

interface StateOptions {
  readonly seed: number;
  readonly count: number;
  /** Only the one with this index, just as it is among the others. */
  readonly only?: number | undefined;
}

export interface DiskState {
  readonly index: number;
  /** So many operations had taken effect. */
  readonly point: number;
  /** What had been said on stdout by then. */
  readonly lines: readonly string[];
  /** Makes the directory anew. */
  writeTo(directory: string): void;
  /** The last operations, and what became of each. */
  describe(): string;
}

/**
 * States in the order of their points: anywhere, just after something was said, and soon after a
 * call that failed.
 */
export function* diskStates(
  recording: Recording,
  { seed, count, only }: StateOptions,
): Generator<DiskState> {
  const random = new SeededRandom(seed);
  const points = pickPoints(recording, count, random);
  const disk = new Disk(recording);
  for (const [index, point] of points.entries()) {
    const fate = new Fate(random.fork());
    if (only === undefined || only === index) yield disk.stateAt(index, point, fate);
  }
}

function pickPoints({ operations }: Recording, count: number, random: SeededRandom): number[] {
  const after = (wanted: Operation['kind']) =>
    operations.flatMap(({ kind }, i) => (kind === wanted ? [i + 1] : []));
  const [lines, failures] = [after('line'), after('failed')];
  const pick = (i: number) => {
    if (i % 3 === 1 && lines.length > 0) return random.pick(lines);
    if (i % 3 === 2 && failures.length > 0)
      return Math.min(random.pick(failures) + random.int(0, SOON), operations.length);
    return random.int(0, operations.length);
  };
  return Array.from({ length: count }, (_, i) => pick(i)).sort((a, b) => a - b);
}

/** A file with what was done to it, of which the first changes are in the image already. */
interface History {
  readonly image: Image;
  readonly changes: (readonly [number, FileChange])[];
  done: number;
}

/** Asked for points that only grow, as what is certain of a file is collected on the way. */
class Disk {
  readonly #recording: Recording;
  readonly #certainFrom: Float64Array;
  readonly #histories = new Map<number, History>();
  readonly #names: (readonly [number, NameChange])[] = [];
  readonly #mappedFrom = new Map<number, number>();

  constructor(recording: Recording) {
    this.#recording = recording;
    this.#certainFrom = certainFrom(recording);
    for (const [node, content] of recording.before.files) this.#history(node, content);
    for (const [at, operation] of recording.operations.entries()) {
      if (operation.kind === 'name') this.#names.push([at, operation]);
      else if (isChange(operation)) this.#history(operation.node).changes.push([at, operation]);
      else if (operation.kind === 'map' && !this.#mappedFrom.has(operation.node))
        this.#mappedFrom.set(operation.node, at);
    }
  }

  #history(node: number, content: Uint8Array = new Uint8Array()): History {
    const known = this.#histories.get(node);
    if (known !== undefined) return known;
    const history = { image: new Image(content), changes: [], done: 0 };
    this.#histories.set(node, history);
    return history;
  }

  stateAt(index: number, point: number, fate: Fate): DiskState {
    const fates = new Map<number, string>();
    const tree = this.#treeAt(point, fate, fates);
    const images = new Map(
      [...this.#histories].map(([node, history]) => [
        node,
        this.#imageAt(node, history, point, fate, fates),
      ]),
    );
    const operations = this.#recording.operations.slice(0, point);
    return {
      index,
      point,
      lines: operations.flatMap((each) => (each.kind === 'line' ? [each.text] : [])),
      writeTo: (directory) => {
        rmSync(directory, { recursive: true, force: true });
        mkdirSync(directory);
        tree.writeTo(directory, (node) => images.get(node)?.content ?? Buffer.alloc(0));
      },
      describe: () => describe(operations, fates),
    };
  }

  #isCertain(operation: number, point: number): boolean {
    return (this.#certainFrom[operation] ?? 0) < point;
  }

  #treeAt(point: number, fate: Fate, fates: Map<number, string>): Tree {
    const tree = this.#recording.before.tree.copy();
    const changes = this.#names.filter(([at]) => at < point);
    const uncertain = changes.filter(([at]) => !this.#isCertain(at, point));
    const kept = fate.names(uncertain.length);
    for (const [i, [at]] of uncertain.entries()) fates.set(at, kept[i] ? 'kept' : 'lost');
    for (const [at, { by, node, was, is }] of changes) {
      if (by === 'mkdir') tree.makeDirectory(node);
      if (fates.get(at) === 'lost') continue;
      if (was !== undefined) tree.remove(was, node);
      if (is !== undefined) tree.set(is, node);
    }
    return tree;
  }

  #imageAt(
    node: number,
    history: History,
    point: number,
    fate: Fate,
    fates: Map<number, string>,
  ): Image {
    const { image, changes } = history;
    for (let next = changes[history.done]; next !== undefined; next = changes[history.done]) {
      if (!this.#isCertain(next[0], point)) break;
      apply(image, next[1]);
      history.done += 1;
    }
    const copy = image.copy();
    for (let i = history.done; i < changes.length; i++) {
      const next = changes[i];
      if (next === undefined || next[0] >= point) break;
      if (this.#isCertain(next[0], point)) apply(copy, next[1]);
      else fates.set(next[0], fate.change(copy, next[1]));
    }
    const after = this.#recording.mapped.get(node);
    if (after !== undefined && (this.#mappedFrom.get(node) ?? point) < point)
      fate.mapped(copy, after);
    return copy;
  }
}

function apply(image: Image, change: FileChange): void {
  if (change.kind === 'write') image.write(change.offset, change.data);
  else image.resize(change.size);
}

function describe(operations: readonly Operation[], fates: ReadonlyMap<number, string>): string {
  const told = operations.map((operation, i) => {
    const fate = isChange(operation) ? (fates.get(i) ?? 'certain') : '';
    return `${i} ${tell(operation)} ${fate}`.trimEnd();
  });
  return told.slice(-TOLD_MAX).join('\n');
}

function tell(operation: Operation): string {
  const { kind, path } = operation;
  switch (kind) {
    case 'write':
      return `write ${path} ${operation.offset}+${operation.data.length}`;
    case 'resize':
      return `resize ${path} ${operation.size}`;
    case 'name':
      return `${operation.by} ${path}${operation.by === 'rename' || operation.by === 'link' ? ` ${operation.is?.name}` : ''}`;
    case 'sync-end':
      return `sync-end ${path}${operation.error === 0 ? '' : ` error ${operation.error}`}`;
    case 'line':
      return `line ${operation.text}`;
    case 'failed':
      return `failed ${operation.call} ${path} error ${operation.error}`;
    default:
      return `${kind} ${path}`;
  }
}
