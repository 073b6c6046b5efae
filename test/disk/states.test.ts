import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { withDirectory } from '../support/process.ts';
import type { Faults } from './faults.ts';
import type { Operation, Recording } from './recording.ts';
import { shim } from './shim.ts';
import { type DiskState, diskStates } from './states.ts';
import { Tree } from './tree.ts';
import { record } from './watch.ts';

const SCRATCH = fileURLToPath(new URL('./scratch.mjs', import.meta.url));
const library = shim.library ?? '';

interface Run {
  readonly recording: Recording;
  /** Where to make the states. */
  readonly disk: string;
}

/** What a task of the scratch program does to a directory with the files `before`. */
async function recorded(
  task: string,
  use: (run: Run) => void,
  options: { before?: Record<string, string>; faults?: Faults; syncUs?: number } = {},
): Promise<void> {
  const { before = {}, ...rest } = options;
  await withDirectory(async (home) => {
    const directory = join(home, 'data');
    mkdirSync(directory);
    for (const [name, text] of Object.entries(before)) writeFileSync(join(directory, name), text);
    const recording = await record(library, [SCRATCH, task, directory], { directory, ...rest });
    use({ recording, disk: join(home, 'disk') });
  });
}

function read(disk: string, name: string): string | undefined {
  const path = join(disk, name);
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

const acknowledged = ({ lines }: DiskState) => lines.map((line) => Number(line.split(' ')[1]));

/** The states in which a line that was acknowledged is not in the file. */
function losses({ recording, disk }: Run, count: number): DiskState[] {
  return [...diskStates(recording, { seed: 1, count })].filter((state) => {
    state.writeTo(disk);
    const lines = read(disk, 'lines')?.split('\n') ?? [];
    return acknowledged(state).some((i) => !lines.includes(`line ${i}`));
  });
}

/** The states in which the value is older than what was acknowledged. */
function staleStates({ recording, disk }: Run, count: number): DiskState[] {
  return [...diskStates(recording, { seed: 1, count })].filter((state) => {
    state.writeTo(disk);
    const value = Number(read(disk, 'value')?.split(' ')[1] ?? -1);
    return value < (acknowledged(state).at(-1) ?? -1);
  });
}

describe.skipIf(shim.library === undefined)(`the states of a disk (${shim.when})`, () => {
  it('keep what was synced', async () => {
    await recorded('synced', (run) => {
      expect(losses(run, 300).map((state) => state.describe())).toEqual([]);
    });
  });

  it('lose what was not synced', async () => {
    await recorded('unsynced', (run) => expect(losses(run, 200)).not.toEqual([]));
  });

  it('lose what was acknowledged before its sync had ended', async () => {
    await recorded('early', (run) => expect(losses(run, 200)).not.toEqual([]), { syncUs: 1000 });
  });

  it('lose what a failed sync covered, whatever is synced later', async () => {
    const rules = [{ call: 'sync', path: 'lines', after: 3, outcome: 'fail' }] as const;
    await recorded(
      'retrying',
      (run) => {
        const last = run.recording.operations.length;
        const lost = losses(run, 200);
        expect(lost.some(({ point }) => point < last)).toBe(true);
        // The line itself was never acknowledged; that it is missing shifts nothing else.
        for (const state of lost) expect(acknowledged(state)).not.toContain(3);
      },
      { faults: { rules } },
    );
  });

  it('lose a name whose directory was not synced', async () => {
    await recorded('renaming', (run) => expect(staleStates(run, 200)).not.toEqual([]));
  });

  it('keep a name whose directory was synced, and never mix two files', async () => {
    await recorded('settling', (run) => {
      expect(staleStates(run, 300).map((state) => state.describe())).toEqual([]);
      for (const state of diskStates(run.recording, { seed: 2, count: 100 })) {
        state.writeTo(run.disk);
        expect(read(run.disk, 'value') ?? 'value 0').toMatch(/^value \d+$/);
      }
    });
  });

  it('have torn writes', async () => {
    const before = { pages: 'o'.repeat(16384) };
    await recorded(
      'overwriting',
      ({ recording, disk }) => {
        const seen = new Set<string>();
        for (const state of diskStates(recording, { seed: 1, count: 200 })) {
          state.writeTo(disk);
          const sectors = read(disk, 'pages')?.match(/.{512}/g) ?? [];
          expect(sectors).toHaveLength(32);
          for (const sector of sectors) expect(sector).toMatch(/^(o+|n+)$/);
          seen.add(sectors.map((sector) => sector[0]).join(''));
        }
        expect(seen).toContain('o'.repeat(32));
        expect(seen).toContain('n'.repeat(32));
        expect(
          [...seen].some((it) => /^n+o+$/.test(it)),
          'the start alone',
        ).toBe(true);
        expect(
          [...seen].some((it) => /^o+n+$/.test(it)),
          'the end alone',
        ).toBe(true);
        expect(
          [...seen].some((it) => /on+o/.test(it)),
          'a part in the middle',
        ).toBe(true);
        expect(
          [...seen].some((it) => !/^(o{8}|n{8})+$/.test(it)),
          'within a page',
        ).toBe(true);
      },
      { before },
    );
  });

  it('are repeated by their seed, and one by one', async () => {
    await recorded('unsynced', ({ recording, disk }) => {
      const contents = (only?: number) =>
        [...diskStates(recording, { seed: 7, count: 50, only })].map((state) => {
          state.writeTo(disk);
          return `${state.index} ${state.point} ${read(disk, 'lines')}`;
        });
      const all = contents();
      expect(new Set(all).size).toBeGreaterThan(10);
      expect(contents()).toEqual(all);
      expect(contents(33)).toEqual([all[33]]);
    });
  });
});

/** States of a made-up recording, of a directory that holds nothing before it. */
function contentsAfter(operations: readonly Operation[]): Set<string> {
  const before = { tree: new Tree(), files: new Map(), nodeMax: 0 };
  const recording = { before, operations, mapped: new Map() };
  const seen = new Set<string>();
  for (const { point, ...state } of diskStates(recording, { seed: 3, count: 400 }))
    if (point === operations.length) seen.add(state.describe());
  return seen;
}

describe('what is certain', () => {
  const place = { directory: 0, name: 'a' };
  const create: Operation = { kind: 'name', by: 'create', path: 'a', node: 1, is: place };
  const write: Operation = {
    kind: 'write',
    path: 'a',
    node: 1,
    offset: 0,
    data: Buffer.from('text'),
  };
  const start = (node: number, sync: string): Operation => ({
    kind: 'sync-start',
    path: '',
    sync,
    node,
    ofWrite: undefined,
  });
  const end = (sync: string, error = 0): Operation => ({ kind: 'sync-end', path: '', sync, error });
  const everything = (texts: ReadonlySet<string>) => [...texts].join('\n');

  it('is what a sync covers that has ended', () => {
    const texts = everything(contentsAfter([create, write, start(1, 's'), end('s')]));
    expect(texts).toContain('write a 0+4 certain');
    expect(texts).not.toContain('write a 0+4 lost');
    expect(texts).toContain('create a lost');
  });

  it('is nothing that came while the sync ran, or before one that failed or has not ended', () => {
    const during = [create, start(1, 's'), write, end('s')];
    const unfinished = [create, write, start(1, 's')];
    const failed = [create, write, start(1, 's'), end('s', 5), start(1, 't'), end('t')];
    for (const operations of [during, unfinished, failed])
      expect(everything(contentsAfter(operations))).toContain('write a 0+4 lost');
  });

  it('is a move when both directories were synced', () => {
    const mkdir: Operation = {
      kind: 'name',
      by: 'mkdir',
      path: 'd',
      node: 2,
      is: { directory: 0, name: 'd' },
    };
    const move: Operation = {
      kind: 'name',
      by: 'rename',
      path: 'a',
      node: 1,
      was: place,
      is: { directory: 2, name: 'b' },
    };
    const one = [create, mkdir, move, start(2, 's'), end('s')];
    expect(everything(contentsAfter(one))).toContain('rename a b lost');
    const both = [...one, start(0, 't'), end('t')];
    expect(everything(contentsAfter(both))).toContain('rename a b certain');
  });
});
