import { constants, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { KeptState, SnapshotStore } from '../local-api.ts';
import { text } from '../validation/argument-types.ts';
import { checkArgument } from '../validation/arguments.ts';
import { Checksum, checksumOf } from './checksum.ts';
import { KeptMirrors, type SnapshotMedium, type SnapshotOptions } from './kept-mirrors.ts';
import { checkSnapshotOptions } from './options.ts';
import { lastLine, linesOf } from './snapshot-text.ts';

/**
 * Keeps what the mirrors of a client show in files of a directory, so that the next process can start without a
 * server (`ready({ accept: ['server', 'snapshot'] })`), and is sent only what changed meanwhile. One directory for
 * each application and environment; a file for each subtree, for its owner alone (0600).
 *
 * A file is replaced as a whole, some seconds after a change. What is damaged or too old is reported to `onError`
 * and not used. Where the server says that a subtree may not be read any more, its file goes.
 *
 * ```ts
 * const client = connect(url, { snapshot: fileSnapshot('/var/lib/orders/confer', { exclude: ['/svc/orders/secret/**'] }) });
 * ```
 *
 * @throws {ConferError} `invalid_argument`.
 */
export function fileSnapshot(directory: string, options: SnapshotOptions = {}): SnapshotStore {
  checkArgument('a directory', directory, text);
  checkSnapshotOptions(options);
  const medium = new SnapshotFiles(directory);
  return { open: (clock, report) => new KeptMirrors(medium, options, clock, report) };
}

/** A file of more is not read: as one text it would be beyond what Node can hold. */
const BYTES_MAX = 256 * 1024 * 1024;
/** So much is written at a time, so that the event loop never waits long for a large one. */
const SLICE_LENGTH = 256 * 1024;
/** What a process left that was killed while it wrote: whoever still writes adds to it all the time. */
const LEFTOVER = '.new-';
const LEFTOVER_AGE_MS = 60_000;

class SnapshotFiles implements SnapshotMedium {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Readable, and never that of another path. */
  nameOf(path: string): string {
    const readable = path.replace(/[^A-Za-z0-9.-]+/g, '_').slice(-80);
    return join(this.#directory, `${checksumOf(path)}${readable}.snapshot`);
  }

  read(path: string): string | undefined {
    const file = this.nameOf(path);
    const stat = statSync(file, { throwIfNoEntry: false });
    if (stat === undefined) return undefined;
    // To read a pipe or a device would stop the whole program, for as long as nobody writes.
    if (!stat.isFile()) throw new Error('it is no file');
    const { size } = stat;
    if (size > BYTES_MAX) throw new Error(`it has ${size} bytes, more than ${BYTES_MAX}`);
    return readFileSync(file, 'utf8');
  }

  async write(path: string, state: KeptState): Promise<void> {
    const file = this.nameOf(path);
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    // A directory of its own has a name that nobody else has.
    const beside = mkdtempSync(`${file}${LEFTOVER}`);
    try {
      // By the clock of the disk, whatever that of the machine was in the meantime.
      this.#removeLeftovers(statSync(beside).mtimeMs);
      const written = join(beside, basename(file));
      await writeSlices(written, linesOf(path, state));
      await rename(written, file);
      await syncDirectory(dirname(file));
    } finally {
      await rm(beside, { recursive: true, force: true });
    }
  }

  remove(path: string): void {
    rmSync(this.nameOf(path), { force: true });
  }

  #removeLeftovers(now: number): void {
    for (const name of readdirSync(this.#directory)) {
      if (!name.includes(`.snapshot${LEFTOVER}`)) continue;
      const left = join(this.#directory, name);
      if (Math.abs(now - touchedAt(left)) > LEFTOVER_AGE_MS)
        rmSync(left, { recursive: true, force: true });
    }
  }
}

/** When a directory, or what lies in it, was written last. One that another process just removed was so long ago. */
function touchedAt(directory: string): number {
  try {
    const [inside = ''] = readdirSync(directory);
    return statSync(join(directory, inside)).mtimeMs;
  } catch {
    return 0;
  }
}

async function writeSlices(file: string, lines: Iterable<string>): Promise<void> {
  const { O_CREAT, O_EXCL, O_WRONLY } = constants;
  const handle = await open(file, O_CREAT | O_EXCL | O_WRONLY, 0o600);
  const checksum = new Checksum();
  try {
    let slice = '';
    const flush = async () => {
      checksum.add(slice);
      await handle.writeFile(slice);
      slice = '';
    };
    for (const line of lines) {
      slice += `${line}\n`;
      if (slice.length >= SLICE_LENGTH) await flush();
    }
    await flush();
    await handle.writeFile(`${lastLine(checksum.toString())}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Or the new name may be gone after a power loss. What cannot be synced that way need not be. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync().catch(() => {});
  } finally {
    await handle.close();
  }
}
