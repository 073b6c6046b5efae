import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@confer/shared';
import { StartError } from '../errors.ts';
import {
  type AuditFile,
  type AuditFileName,
  fileNameOf,
  listFiles,
  makeAuditDirectory,
  type OpenAuditFile,
} from './audit-file.ts';
import { CHAIN_BEGIN, type ChainEnd, checkFile, problemText } from './check-file.ts';
import type { AuditHead, AuditLink, OwnEvent } from './events.ts';
import { LinePlacer, type LineWriter } from './line.ts';
import { linesOf, parseLine } from './lines.ts';

export interface AuditLogOptions {
  readonly directory: string;
  readonly clock: Clock;
  readonly lines: LineWriter;
  readonly openFile: OpenAuditFile;
  readonly fileBytesMax: number;
  readonly fileAgeMs: number;
  readonly keepMs: number;
  /** Whether what is written is to be on the disk when it resolves, and where it will be found. */
  readonly isDurable: boolean;
  /** Told of what does not keep it from writing. */
  readonly onNotice: (notice: string) => void;
}

/** A file that was removed or replaced is written to for no longer than this, where lines may be lost. */
const LOOK_MS = 1_000;

/** The file that is written to. */
interface Current {
  readonly name: string;
  readonly file: AuditFile;
  /** When it was begun. */
  readonly time: number;
  /** Whole lines, each of which was written whole. Whatever is beyond is none. */
  readonly bytes: number;
  readonly link: AuditLink;
}

/**
 * The files of an audit, as one chain of lines that only grows. What it is given is written whole or not at all: a
 * write that fails leaves the chain where it was, and what may be in the file of it is cut off before the next.
 */
export class AuditLog {
  readonly #options: AuditLogOptions;
  readonly #placer = new LinePlacer();
  #current: Current;
  /** Whether something may be behind the last whole line. */
  #isDoubtful = false;
  #lookedAt = Number.NaN;

  private constructor(options: AuditLogOptions, current: Current) {
    this.#options = options;
    this.#current = current;
  }

  /**
   * Goes on where the last file ends, whose chain is checked from its beginning; what a crash left half is cut off.
   * Rejects with a `StartError` where the chain is broken, and with the error of the system where a file cannot
   * be read or written.
   */
  static async open(options: AuditLogOptions): Promise<AuditLog> {
    const { directory, openFile, clock, lines } = options;
    makeAuditDirectory(directory);
    const files = await withoutEmpty(directory, (await listFiles(directory)).files);
    const last = files.at(-1);
    if (last === undefined) return new AuditLog(options, await begin(options, CHAIN_BEGIN.link));
    const before = await endBefore(directory, files);
    const checked = await checkFile(directory, last, before ?? CHAIN_BEGIN, {
      isFirst: before === undefined,
    });
    // safeguard: broken-chain-is-not-continued
    if (checked.problem !== undefined) throw broken(directory, problemText(checked.problem));
    const { end, wholeBytes } = checked;
    const link = checked.lines > 0 ? end.link : (before ?? CHAIN_BEGIN).link;
    const isOwn = checked.lines > 0 || link.seq + 1 === last.seq;
    if (!isOwn) throw broken(directory, `what was before ${last.name} is missing`);
    const file = await openFile(join(directory, last.name), false);
    const current = { name: last.name, file, time: last.time, bytes: wholeBytes, link };
    const log = new AuditLog(options, current);
    try {
      const excess = file.sizeBytes - wholeBytes;
      // safeguard: half-lines-are-cut-off
      if (excess > 0) {
        log.#isDoubtful = true;
        await log.write([lines.own({ event: 'cut', bytes: excess }, clock.now())]);
      }
      await log.sync();
    } catch (error) {
      await file.close();
      throw error;
    }
    await log.#removeOld().catch((error: unknown) => log.#tellOfOld(error));
    return log;
  }

  get head(): AuditHead {
    const { name, link } = this.#current;
    return { file: name, ...link };
  }

  /** Writes lines, all of them or none. Where it is not to be durable, they may be lost with the power until `sync`. */
  async write(bodies: readonly string[]): Promise<void> {
    await this.#prepare();
    await this.#append(bodies);
  }

  sync(): Promise<void> {
    return this.#current.file.sync();
  }

  /** What is written now goes into a file that has its name, is not too large or old, and ends with a whole line. */
  async #prepare(): Promise<void> {
    const { directory, clock, lines, fileBytesMax, fileAgeMs } = this.#options;
    const now = clock.now();
    // safeguard: misplaced-file-is-left
    if (await this.#isMisplaced(now)) {
      const { name, link: end } = this.#current;
      makeAuditDirectory(directory);
      await this.#goOnIn(await begin(this.#options, end));
      const what = `${name} was removed or replaced while it was written`;
      this.#options.onNotice(
        `the audit goes on with number ${end.seq + 1} in another file: ${what}`,
      );
      return;
    }
    const { bytes, time, link } = this.#current;
    if (bytes === 0 || (bytes < fileBytesMax && Math.abs(now - time) < fileAgeMs)) return;
    const next = fileNameOf(now, link.seq + 2);
    await this.#append([lines.own({ event: 'rotated', next }, now)]);
    await this.#current.file.sync();
    await this.#goOnIn(await begin(this.#options, this.#current.link, next));
    await this.#removeOld().catch((error: unknown) => this.#tellOfOld(error));
  }

  /** To ask costs more than to write a line. */
  async #isMisplaced(now: number): Promise<boolean> {
    if (!this.#options.isDurable && Math.abs(now - this.#lookedAt) < LOOK_MS) return false;
    this.#lookedAt = now;
    return this.#current.file.isMisplaced();
  }

  #tellOfOld(error: unknown): void {
    this.#options.onNotice(`old files of the audit could not be removed: ${String(error)}`);
  }

  async #goOnIn(next: Current): Promise<void> {
    const { file } = this.#current;
    this.#current = next;
    this.#isDoubtful = false;
    // It has what it is to have; if it cannot be closed, that is all that is lost.
    await file.close().catch(() => undefined);
  }

  async #cutDoubtful(): Promise<void> {
    if (!this.#isDoubtful) return;
    const { file, bytes } = this.#current;
    await file.cut(bytes);
    this.#isDoubtful = false;
  }

  async #append(bodies: readonly string[]): Promise<void> {
    // safeguard: failed-write-is-cut-off
    await this.#cutDoubtful();
    const { file, bytes, link: before } = this.#current;
    const { bytes: content, link } = this.#placer.place(bodies, before);
    this.#isDoubtful = true;
    await file.write(content, bytes);
    // safeguard: required-line-is-on-the-disk
    if (this.#options.isDurable) await file.sync();
    this.#isDoubtful = false;
    this.#current = { ...this.#current, bytes: bytes + content.length, link };
  }

  /** Whoever looks later finds said here that what is missing was removed for its age, before it is. */
  async #removeOld(): Promise<void> {
    const { directory, clock, lines, keepMs } = this.#options;
    const { files } = await listFiles(directory);
    const oldest = clock.now() - keepMs;
    // A file has nothing newer than the beginning of the one after it.
    const keptFrom = files.findIndex((_, i) => (files[i + 1]?.time ?? clock.now()) >= oldest);
    const first = files[keptFrom];
    if (keptFrom <= 0 || first === undefined) return;
    const through = await beginOf(directory, first);
    if (through === undefined) return;
    const event: OwnEvent = { event: 'removed', files: keptFrom, through };
    // safeguard: removal-is-said-before
    await this.#append([lines.own(event, clock.now())]);
    await this.sync();
    for (const { name } of files.slice(0, keptFrom)) await rm(join(directory, name));
  }

  async close(): Promise<void> {
    await this.#current.file.close();
  }
}

async function begin(
  { directory, clock, openFile }: AuditLogOptions,
  link: AuditLink,
  name = fileNameOf(clock.now(), link.seq + 1),
): Promise<Current> {
  const file = await openFile(join(directory, name), true);
  return { name, file, time: clock.now(), bytes: 0, link };
}

/** A file that was made and never written to, because a process died or failed in between, is none. */
async function withoutEmpty(
  directory: string,
  files: readonly AuditFileName[],
): Promise<readonly AuditFileName[]> {
  const last = files.at(-1);
  if (last === undefined || files.length === 1) return files;
  const path = join(directory, last.name);
  if ((await stat(path)).size > 0) return files;
  await rm(path);
  return withoutEmpty(directory, files.slice(0, -1));
}

/** Where the chain stands before the last file, as the last line of the one before it has it. */
async function endBefore(
  directory: string,
  files: readonly AuditFileName[],
): Promise<ChainEnd | undefined> {
  const file = files.at(-2);
  if (file === undefined) return files.at(-1)?.seq === 1 ? CHAIN_BEGIN : undefined;
  const { end, problem } = await checkFile(directory, file, CHAIN_BEGIN, { isFirst: true });
  if (problem !== undefined) throw broken(directory, problemText(problem));
  return end.at === undefined ? undefined : end;
}

/** What a file says that it continues. */
async function beginOf(directory: string, { name }: AuditFileName): Promise<AuditLink | undefined> {
  const lines = linesOf(join(directory, name));
  const { value } = await lines.next();
  await lines.return(undefined);
  const line = value === undefined ? undefined : parseLine(value.bytes.toString());
  return line?.prev === undefined ? undefined : { seq: line.seq - 1, hash: line.prev };
}

function broken(directory: string, text: string): StartError {
  return new StartError(
    'storage',
    `the audit in ${directory} does not fit together: ${text}. ` +
      'See with confer audit verify what was done to it, and move the directory away to begin a new one',
  );
}
