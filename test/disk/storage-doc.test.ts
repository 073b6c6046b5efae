import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const root = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');

const operator = 'test/disk/operator.test.ts';
const directory = 'server/src/engine/lmdb/directory.test.ts';
const promises = 'server/src/engine/lmdb/promises.test.ts';
const serve = 'test/disk/serve.test.ts';

/** By how a row of docs/storage.md begins: where it is tested, and a part of the title, or of the case. */
const TESTS: Readonly<Record<string, readonly [file: string, part: string]>> = {
  'The disk is full': [operator, 'S1 full: deletes, compaction and the end still work'],
  'The disk is full when the server starts': ['test/disk/full-start.test.ts', 'a start on a full'],
  'A quota is used up': [serve, "error: 'EDQUOT'"],
  'A write fails (EIO, EAGAIN), or only part of it is done': [serve, "outcome: 'short'"],
  'The file system becomes read-only': [serve, "error: 'EROFS'"],
  'A sync fails, or a write at the very end of a commit': [
    serve,
    "path: 'data.mdb', outcome: 'late'",
  ],
  '`kill -9`, or the power fails': ['test/disk/store.test.ts', 'in every state of the disk'],
  'A row of `data.mdb` is damaged while it is served': [
    operator,
    'a row that is damaged: it is not served',
  ],
  'A page of a large `data.mdb` is damaged': [directory, 'finds damage to a large one while'],
  '`data.mdb` is damaged when the server starts': [operator, 'a page of data.mdb is damaged'],
  'Damage ends the process again and again': [directory, 'is looked through, however large'],
  'The log is damaged or missing after a crash': [operator, 'a log that is damaged or missing'],
  '`data.mdb` is missing': [operator, 'data.mdb is missing'],
  '`data.mdb` is empty, or of something else': [operator, 'data.mdb is of something else'],
  '`data.mdb` is older than the directory says': [operator, 'data.mdb is older'],
  '`confer.json`, `lock.mdb` or `reserve` is missing, or `wal-0` after a clean end': [
    directory,
    'S1 has all without its %s',
  ],
  'The directory, `data.mdb` or the log is removed or replaced while it is served': [
    operator,
    'it is noticed within seconds',
  ],
  'Another server is started on it': [operator, 'another server started on it is refused'],
  'The data are of a newer Confer': [directory, 'of a newer format is refused'],
  'The clock of the machine is set back, or forward': [promises, 'a clock that is set'],
};

it('each row of docs/storage.md is tested', () => {
  const table = read('docs/storage.md').split('| what happens |')[1]?.split('\n\n')[0] ?? '';
  const rows = table.split('\n').slice(2);
  expect(rows.map((row) => row.split(' | ')[0]?.slice(2))).toEqual(Object.keys(TESTS));
  for (const [file, part] of Object.values(TESTS)) expect(read(file), part).toContain(part);
});
