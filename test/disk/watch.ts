/**
 * A disk that can be looked at, and that can fail. `watch` starts a program of Node whose calls on a
 * directory go through the shim (see `shim/shim.h`): it records them, and makes some of them fail.
 * `states.ts` builds from the recording what a loss of power may leave of the directory.
 *
 *     const library = shim.library; // undefined where there can be none: skip, as `shim.when` says
 *     const watched = watch(library, [CHILD, 'write', directory], {
 *       directory,
 *       faults: { armed: false, rules: [{ call: 'sync', after: 2, times: 'always', outcome: 'fail' }] },
 *     });
 *     await watched.program.saw(({ stdout }) => /ready/.exec(stdout) ?? undefined);
 *     watched.arm();
 *     const { stdout } = await watched.program.finished;
 *     const recording = await watched.recording();
 *
 * Nobody else may write into the directory meanwhile.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Program } from '../support/process.ts';
import { type Faults, faultEnvironment } from './faults.ts';
import { readLog } from './log.ts';
import { type Recording, RecordReader } from './recording.ts';
import { type Contents, readContents } from './tree.ts';

interface WatchOptions {
  /** It is there, and everything in it counts as being on the disk. */
  readonly directory: string;
  readonly faults?: Faults;
  /** How long each sync takes: long ones show who does not wait for them. */
  readonly syncUs?: number;
  readonly env?: Record<string, string>;
}

/** A program whose disk is watched. */
export class Watched {
  readonly program: Program;
  readonly #directory: string;
  readonly #before: Contents;
  /** Where the log is, and the file that arms the faults. */
  readonly #control = mkdtempSync(join(tmpdir(), 'confer-disk-'));
  /** The log, if there is one. */
  readonly #ended: Promise<Buffer | undefined>;

  constructor(library: string, command: readonly [string, ...string[]], options: WatchOptions) {
    const { directory, faults = {}, syncUs = 0, env } = options;
    this.#directory = directory;
    this.#before = readContents(directory);
    if (faults.armed !== false) this.arm();
    const [script, ...args] = command;
    this.program = new Program(script, args, {
      env: {
        ...env,
        ...faultEnvironment(faults),
        LD_PRELOAD: library,
        // Through rings, calls would pass the shim by.
        UV_USE_IO_URING: '0',
        FAULTY_DISK_DIRECTORY: directory,
        FAULTY_DISK_LOG: this.#log,
        FAULTY_DISK_ARMED: this.#armed,
        FAULTY_DISK_SYNC_US: String(syncUs),
      },
    });
    this.#ended = this.program.finished.then(() => {
      const log = existsSync(this.#log) ? readFileSync(this.#log) : undefined;
      rmSync(this.#control, { recursive: true });
      return log;
    });
  }

  /** From now on calls are counted, and fail. */
  arm(): void {
    writeFileSync(this.#armed, '');
  }

  /** From now on nothing fails. */
  disarm(): void {
    rmSync(this.#armed, { force: true });
  }

  /** All that it did, once it has ended. */
  async recording(): Promise<Recording> {
    const log = await this.#ended;
    const reader = new RecordReader(this.#before);
    if (log === undefined) throw new Error(`not watched: ${this.program.stderr}`);
    for (const record of readLog(log)) reader.read(record);
    return {
      before: this.#before,
      operations: reader.operations,
      mapped: mappedFiles(reader, readContents(this.#directory)),
    };
  }

  get #log(): string {
    return join(this.#control, 'log');
  }

  get #armed(): string {
    return join(this.#control, 'armed');
  }
}

/** What was left in the files that were mapped; nothing of those that have no name any more. */
function mappedFiles({ operations, tree }: RecordReader, after: Contents): Map<number, Buffer> {
  const contentOf = (node: number) => {
    const path = tree.pathOf(node);
    const now = path === undefined ? undefined : after.tree.find(path);
    return now === undefined ? undefined : after.files.get(now);
  };
  const mapped = operations.flatMap((each) => (each.kind === 'map' ? [each.node] : []));
  return new Map(mapped.map((node) => [node, contentOf(node) ?? Buffer.alloc(0)]));
}

export function watch(
  library: string,
  command: readonly [string, ...string[]],
  options: WatchOptions,
): Watched {
  return new Watched(library, command, options);
}

/** Runs a program to its good end, unless it may be killed, and answers with what it did to its disk. */
export async function record(
  library: string,
  command: readonly [string, ...string[]],
  options: WatchOptions & { readonly mayBeKilled?: boolean },
): Promise<Recording> {
  const watched = watch(library, command, options);
  const { code, stderr } = await watched.program.finished;
  const recording = await watched.recording();
  if (code !== 0 && !(code === null && options.mayBeKilled === true))
    throw new Error(`the program ended with ${code}:\n${stderr}`);
  return recording;
}
