import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { withDirectory } from '../support/process.ts';
import type { Faults, Rule } from './faults.ts';
import { linesOf, type Recording } from './recording.ts';
import { shim } from './shim.ts';
import { record, type Watched, watch } from './watch.ts';

const SCRATCH = fileURLToPath(new URL('./scratch.mjs', import.meta.url));
const library = shim.library ?? '';

/** A directory with a file of some pages. */
async function withDisk<T>(use: (directory: string) => Promise<T>): Promise<T> {
  return withDirectory(async (home) => {
    const directory = join(home, 'data');
    mkdirSync(directory);
    writeFileSync(join(directory, 'file'), 'a file that was there');
    writeFileSync(join(directory, 'reserve'), Buffer.alloc(4096));
    return use(directory);
  });
}

/** What each call of a program that makes one of each was told. */
async function calling(faults: Faults): Promise<Record<string, string>> {
  return withDisk(async (directory) => {
    const recording = await record(library, [SCRATCH, 'calling', directory], { directory, faults });
    expect(failures(recording).length > 0).toBe((faults.rules ?? []).length > 0);
    return Object.fromEntries(linesOf(recording).map((line) => line.split(' ')));
  });
}

const failures = ({ operations }: Recording) =>
  operations.flatMap((each) => (each.kind === 'failed' ? [each.call] : []));

async function saying(watched: Watched, line: string): Promise<string> {
  const { program } = watched;
  const from = program.stdout.length;
  program.write(`${line}\n`);
  return program.saw(({ stdout }) => /^.*(?=\n)/.exec(stdout.slice(from))?.[0]);
}

const HEALTHY = {
  create: 'done',
  write: '1000',
  sync: 'done',
  truncate: 'done',
  meta: 'done',
  read: 'meta',
  mkdir: 'done',
  link: 'done',
  rename: 'done',
  unlink: 'done',
  open: 'done',
};

describe.skipIf(shim.library === undefined)(`a disk that fails (${shim.when})`, () => {
  it('does not fail without a rule', async () => {
    expect(await calling({})).toEqual(HEALTHY);
  });

  it.each([
    [{ call: 'write', path: 'file', outcome: 'fail', error: 'EIO' }, { write: 'EIO' }],
    // Node writes the rest by itself, unlike LMDB.
    [{ call: 'write', path: 'file', outcome: 'short' }, { write: '1000' }],
    [
      { call: 'meta', outcome: 'fail', error: 'EIO' },
      { meta: 'EIO', read: 'xxxx' },
    ],
    // It was written, and then it was not synced: whoever reads sees it all the same.
    [
      { call: 'meta', outcome: 'late', error: 'EIO' },
      { meta: 'EIO', read: 'meta' },
    ],
    [{ call: 'sync', path: 'f*', outcome: 'fail', error: 'EIO' }, { sync: 'EIO' }],
    [{ call: 'create', outcome: 'fail', error: 'ENOSPC' }, { create: 'ENOSPC' }],
    [{ call: 'truncate', outcome: 'fail', error: 'EROFS' }, { truncate: 'EROFS' }],
    [
      { call: 'open', after: 3, times: 'always', outcome: 'fail', error: 'EMFILE' },
      { read: 'EMFILE', open: 'EMFILE' },
    ],
    [{ call: 'open', path: '', outcome: 'fail', error: 'EMFILE' }, { open: 'EMFILE' }],
    [{ call: 'unlink', path: 'sub/*', outcome: 'fail', error: 'EACCES' }, { unlink: 'EACCES' }],
    [
      { call: 'rename', outcome: 'fail', error: 'ENOSPC' },
      { rename: 'ENOSPC', unlink: 'ENOENT' },
    ],
    // Node has no name for it: the code is "Unknown system error -122".
    [{ call: 'link', outcome: 'fail', error: 'EDQUOT' }, { link: 'Unknown' }],
    [
      { call: 'mkdir', outcome: 'fail', error: 'ENOSPC' },
      { mkdir: 'ENOSPC', link: 'ENOENT', rename: 'ENOENT', unlink: 'ENOENT' },
    ],
  ] as const satisfies readonly (readonly [Rule, object])[])(
    'fails as %j says',
    async (rule, told) => {
      expect(await calling({ rules: [rule] })).toEqual({ ...HEALTHY, ...told });
    },
  );

  it('writes half of the bytes', async () => {
    await withDisk(async (directory) => {
      const rules = [{ call: 'write', path: 'file', outcome: 'short' }] as const;
      const command = [SCRATCH, 'calling', directory] as const;
      const { operations } = await record(library, command, { directory, faults: { rules } });
      const written = operations.flatMap((each) =>
        each.kind === 'write' ? [[each.offset, each.data.length]] : [],
      );
      expect(written.slice(0, 2)).toEqual([
        [0, 500],
        [500, 500],
      ]);
    });
  });

  it('fails each time that it is to, and no more', async () => {
    await withDisk(async (directory) => {
      const rules = [{ call: 'sync', path: 'lines', after: 2, times: 3, outcome: 'fail' }] as const;
      const command = [SCRATCH, 'retrying', directory] as const;
      const recording = await record(library, command, { directory, faults: { rules } });
      const told = linesOf(recording).map((line) => Number(line.split(' ')[1]));
      expect(told).toEqual([0, 1, ...Array.from({ length: 15 }, (_, i) => i + 5)]);
      expect(failures(recording)).toEqual(['sync', 'sync', 'sync']);
    });
  });

  it('ends the process just before a call', async () => {
    await withDisk(async (directory) => {
      const rules = [{ call: 'write', path: 'lines', after: 4, outcome: 'kill' }] as const;
      const command = [SCRATCH, 'unsynced', directory] as const;
      const watched = watch(library, command, { directory, faults: { rules } });
      await watched.program.finished;
      expect(watched.program.child.signalCode).toBe('SIGKILL');
      expect(linesOf(await watched.recording())).toHaveLength(4);
      expect(readFileSync(join(directory, 'lines'), 'utf8').split('\n')).toHaveLength(5);
    });
  });
});

describe.skipIf(shim.library === undefined)(`a disk without room (${shim.when})`, () => {
  it('takes what fits, then nothing that grows, until there is room again', async () => {
    await withDisk(async (directory) => {
      const faults = { roomBytes: 5 * 4096, armed: false };
      const watched = watch(library, [SCRATCH, 'filling', directory], { directory, faults });
      await watched.program.saw(({ stdout }) => /ready/.exec(stdout) ?? undefined);
      for (let i = 0; i < 4; i++) expect(await saying(watched, 'grow')).toBe('grow 8192');
      watched.arm();
      for (const told of ['8192', '8192', '4096', 'ENOSPC', 'ENOSPC'])
        expect(await saying(watched, 'grow')).toBe(`grow ${told}`);
      expect(await saying(watched, 'again')).toBe('again 4096');
      expect(await saying(watched, 'delete')).toBe('delete done');
      for (const told of ['4096', 'ENOSPC'])
        expect(await saying(watched, 'grow')).toBe(`grow ${told}`);
      watched.disarm();
      expect(await saying(watched, 'grow')).toBe('grow 8192');
      watched.program.child.stdin?.end();
      expect((await watched.program.finished).code).toBe(0);
      // After each write that was cut short, Node tried to write the rest.
      expect(failures(await watched.recording())).toHaveLength(7);
    });
  });
});
