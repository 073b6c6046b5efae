import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import {
  behind,
  damagedRow,
  degraded,
  ended,
  failed,
  failing,
  full,
  inUse,
  logDamaged,
  missing,
  newer,
  older,
  removed,
  replaced,
  salvageable,
  suspect,
  unknown,
  unreadable,
  unwritable,
  WELL,
} from './said.ts';

const root = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');

const directory = 'server/src/engine/lmdb/directory.test.ts';
const promises = 'server/src/engine/lmdb/promises.test.ts';
const faults = 'test/disk/serve-faults.test.ts';
const room = 'test/disk/serve-room.test.ts';
const damage = 'test/disk/serve-damage.test.ts';
const files = 'test/disk/serve-files.test.ts';

/** The directory of the examples. */
const DIR = '/var/lib/confer';
const broken = 'data.mdb: Input/output error';
const io = 'wal-0: EIO: i/o error, write';
const unsure = unknown(io);
const noRoom = 'data.mdb: ENOSPC: no space left on device, write';

interface Row {
  /** Where it is tested: the file, and a part of the title, or of the case. */
  readonly test: readonly [file: string, part: string];
  /** The lines that the row gives: `said.ts` makes the same for the tests that look for them. */
  readonly says?: readonly string[];
}

/** By how a row of docs/storage.md begins. */
const ROWS: Readonly<Record<string, Row>> = {
  'The disk is full': {
    test: [room, 'takes deletes and compaction, uses the room that they make'],
    says: [degraded(full(noRoom)), WELL],
  },
  'The disk is full when the server starts': {
    test: [room, 'serves, or says why not, and starts once there is room'],
    says: [unwritable(DIR, noRoom)],
  },
  'A quota is used up': {
    test: [faults, "full('data.mdb: Disk quota exceeded')"],
    says: [degraded(full('data.mdb: Disk quota exceeded'))],
  },
  'A write to the log fails': {
    test: [faults, 'goes on after each write or sync that failed, by itself'],
    says: [degraded(failing(io)), WELL],
  },
  'Only part of a write is done': {
    test: [faults, "call: 'write', outcome: 'short' }, failing(BROKEN)"],
    says: [degraded(failing(broken))],
  },
  'A sync of `data.mdb` fails': {
    test: [faults, 'takes writes while its log has room, and is behind with the tables'],
    says: [degraded(behind(broken)), WELL],
  },
  'A write to `data.mdb` fails': {
    test: [faults, "call: 'write' }, 'unavailable', BROKEN"],
    says: [failed(broken), ended(broken)],
  },
  'A sync of the log fails, or a write at the very end of a commit': {
    test: [faults, 'ends where it cannot take a write back'],
    says: [failed(unsure), ended(unsure)],
  },
  'The file system becomes read-only': {
    test: [room, 'ends once the system has made it read-only, and says so at a start'],
    says: [failed(unknown('wal-0: EROFS: read-only file system, write')), unwritable(DIR, 'EROFS')],
  },
  '`kill -9`, or the power fails': {
    test: ['test/disk/store.test.ts', 'in every state of the disk'],
  },
  'A row of `data.mdb` is damaged while it is served': {
    test: [damage, 'serves all other rows, says once which it is'],
    says: [degraded(damagedRow('"/k/7" in the table entries'))],
  },
  'A row of a large `data.mdb` (over 32 MiB) is damaged, and nobody asks for it': {
    test: [directory, 'finds damage to a row of a large one while'],
  },
  '`data.mdb` is damaged when the server starts': {
    test: [damage, 'a row of data.mdb is damaged'],
    says: [
      unreadable(DIR, salvageable('the row "/k/7" of the table entries: is not as it was written')),
    ],
  },
  'Damage ends the process again and again': {
    test: [damage, 'looks a large file through first, once three runs did not end in order'],
    says: [suspect(DIR)],
  },
  'The log is damaged or missing after a crash': {
    test: [damage, 'a log is missing'],
    says: [
      unreadable(DIR, logDamaged('file wal-0 is damaged at byte 20480')),
      unreadable(DIR, logDamaged('file wal-0 is missing, and commits are in it')),
    ],
  },
  '`data.mdb` is missing': {
    test: [damage, "'data.mdb is missing'"],
    says: [unreadable(DIR, missing(20))],
  },
  '`data.mdb` is empty, or of something else': {
    test: [damage, "'data.mdb is foreign'"],
    says: [
      unreadable(DIR, 'data.mdb: it is empty; restore a copy'),
      unreadable(DIR, 'data.mdb: it is not from Confer; restore a copy'),
    ],
  },
  '`data.mdb` is older than the directory says': {
    test: [damage, 'says that data.mdb is an older copy, or of another store'],
    says: [unreadable(DIR, older(20, 'revisions 21 to 22'))],
  },
  '`confer.json`, `lock.mdb` or `reserve` is missing, or `wal-0` after a clean end': {
    test: [directory, 'S1 has all without its %s'],
  },
  'The directory or `data.mdb` is removed or replaced while it is served': {
    test: [files, "'the directory is removed'"],
    says: [failed(removed(`${DIR}/data.mdb`))],
  },
  'A file of the log is removed or replaced while it is served': {
    test: [files, "'wal-0 is replaced'"],
    says: [failed(replaced(`${DIR}/wal-0`))],
  },
  'Another server is started on it': {
    test: [damage, 'says that another server has the directory'],
    says: [inUse(DIR, 4711)],
  },
  'The data are of a newer Confer': {
    test: [damage, 'or that it is of a newer format'],
    says: [newer(DIR)],
  },
  'The clock of the machine is set back, or forward': {
    test: [promises, 'a clock that is set'],
  },
};

/** What is given as a line, of the log or at the end. */
const LINE = /`((?:error|info|warn)[ [][^`]*)`/g;

it('each row of docs/storage.md is tested, and gives the lines that the tests look for', () => {
  const table = read('docs/storage.md').split('| what happens |')[1]?.split('\n\n')[0] ?? '';
  const rows = table
    .split('\n')
    .slice(2)
    .map((row) => row.slice(2).split(' | '));
  expect(rows.map(([what]) => what)).toEqual(Object.keys(ROWS));
  for (const [what = '', , says = ''] of rows) {
    const lines = [...says.matchAll(LINE)].map(([, line]) => line);
    expect(lines, what).toEqual(ROWS[what]?.says ?? []);
    const [file, part] = ROWS[what]?.test ?? ['', ''];
    expect(read(file), what).toContain(part);
  }
});
