// Programs for the tests of the recorder of disks itself: `node scratch.mjs TASK DIRECTORY`. Each says
// "ack N" on stdout for what it means to be kept.
import {
  closeSync,
  existsSync,
  fsync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const [task, directory] = process.argv.slice(2);
const ROUNDS = 20;
const say = (line) => process.stdout.write(`${line}\n`);
const at = (name) => join(directory, name);

function syncDirectory() {
  const descriptor = openSync(directory, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}

function appendLines(afterEach) {
  const descriptor = openSync(at('lines'), 'a');
  syncDirectory();
  for (let i = 0; i < ROUNDS; i++) {
    writeSync(descriptor, `line ${i}\n`);
    afterEach(descriptor, i);
  }
}

function replace(name, i) {
  const descriptor = openSync(at('new'), 'w');
  writeSync(descriptor, `value ${i}`);
  fsyncSync(descriptor);
  closeSync(descriptor);
  renameSync(at('new'), at(name));
}

/** Does something, and says how it went. */
function attempt(name, act) {
  try {
    say(`${name} ${act() ?? 'done'}`);
  } catch (error) {
    say(`${name} ${error.code}`);
  }
}

const textOf = (i) => `value ${i} ${'x'.repeat(i * 100)}`;

/** A sync of the file itself, past LMDB. */
function syncStore() {
  const descriptor = openSync(at('data.mdb'), 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}

/** Puts one after the other. A store that failed is opened anew, and then `afterOpen` runs. */
async function putLmdb(afterOpen) {
  // Besides the put, LMDB rejects promises of its own.
  process.on('unhandledRejection', () => {});
  let root = openLmdb(directory);
  syncDirectory();
  for (let i = 0; i < ROUNDS * 2; i++) {
    try {
      await root.put(`key ${i % 7}`, textOf(i));
      say(`ack ${i}`);
    } catch {
      await root.close();
      root = openLmdb(directory);
      afterOpen();
    }
  }
  await root.close();
}

function openLmdb(path) {
  const server = createRequire(new URL('../../server/package.json', import.meta.url));
  const { open } = server('lmdb');
  return open({ path: join(path, 'data.mdb'), overlappingSync: false });
}

/** Of a value that is whole. */
function numberOf(value) {
  const i = Number(value.split(' ')[1]);
  return value === textOf(i) ? i : 'broken';
}

const tasks = {
  synced: () =>
    appendLines((descriptor, i) => {
      fsyncSync(descriptor);
      say(`ack ${i}`);
    }),
  unsynced: () => appendLines((_descriptor, i) => say(`ack ${i}`)),
  /** Acknowledges while the sync still runs. */
  early: () =>
    appendLines((descriptor, i) => {
      fsync(descriptor, () => {});
      say(`ack ${i}`);
    }),
  /** Goes on after a failed sync, as if the next one made up for it. */
  retrying: () =>
    appendLines((descriptor, i) => {
      try {
        fsyncSync(descriptor);
      } catch {
        return;
      }
      say(`ack ${i}`);
    }),
  renaming: () => {
    for (let i = 0; i < ROUNDS; i++) {
      replace('value', i);
      say(`ack ${i}`);
    }
  },
  settling: () => {
    for (let i = 0; i < ROUNDS; i++) {
      replace('value', i);
      syncDirectory();
      say(`ack ${i}`);
    }
  },
  /** One write of four pages over four others. */
  overwriting: () => {
    const descriptor = openSync(at('pages'), 'r+');
    writeSync(descriptor, Buffer.alloc(16384, 'n'), 0, 16384, 0);
    say('written');
  },
  /** One of each call. */
  calling: () => {
    attempt('create', () => closeSync(openSync(at('a'), 'w')));
    const descriptor = openSync(at('file'), 'r+');
    attempt('write', () => writeSync(descriptor, 'x'.repeat(1000), 0));
    attempt('sync', () => fsyncSync(descriptor));
    attempt('truncate', () => ftruncateSync(descriptor, 10));
    attempt('meta', () => writeFileSync(at('file'), 'meta', { flag: 'rs+' }));
    attempt('read', () => readFileSync(at('file'), 'utf8').slice(0, 4));
    attempt('mkdir', () => mkdirSync(at('sub')));
    attempt('link', () => linkSync(at('file'), at('sub/link')));
    attempt('rename', () => renameSync(at('file'), at('sub/moved')));
    attempt('unlink', () => unlinkSync(at('sub/moved')));
    attempt('open', () => closeSync(openSync(directory, 'r')));
  },
  /** Fills the disk, then makes room by deleting, line by line on stdin. */
  filling: async () => {
    const descriptor = openSync(at('growing'), 'w');
    say('ready');
    for await (const line of createInterface({ input: process.stdin })) {
      if (line === 'delete') attempt('delete', () => unlinkSync(at('reserve')));
      else if (line === 'again')
        attempt('again', () => writeSync(descriptor, Buffer.alloc(4096), 0, 4096, 0));
      else attempt('grow', () => writeSync(descriptor, Buffer.alloc(8192, 'g')));
    }
  },
  lmdb: () => putLmdb(() => {}),
  'lmdb-synced': () => putLmdb(syncStore),
  /** Opens a store for each directory named on stdin, and says what it has. */
  looking: async () => {
    for await (const line of createInterface({ input: process.stdin })) {
      if (!existsSync(join(line, 'data.mdb'))) say('{}');
      else {
        const root = openLmdb(line);
        const entries = Object.fromEntries(
          [...root.getRange()].map(({ key, value }) => [key, numberOf(value)]),
        );
        await root.put('written', 'written again');
        await root.close();
        say(JSON.stringify(entries));
      }
    }
  },
};

await tasks[task]();
