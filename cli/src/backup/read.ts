import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Entry } from '@confer/shared';
import { exitCodes, Failure } from '../failure.ts';
import { damaged, foreign, newerFormat } from './damage.ts';
import { EntryOrder } from './entry-order.ts';
import { FORMAT_VERSION, type Header, LINE_LENGTH_MAX, readEntry, readHeader } from './format.ts';
import { LineCutter } from './lines.ts';
import { readSeal, SEAL_BYTES, type Seal } from './seal.ts';
import { Sha256 } from './sha256.ts';

/** What is read, and unpacked, at a time. */
const CHUNK_BYTES = 1024 * 1024;

/** A backup that is read: its header, and what its end promises. */
export interface OpenBackup {
  readonly file: string;
  readonly bytes: number;
  readonly header: Header;
  readonly seal: Seal;
  /**
   * All entries, those of the server's own last, each checked. Only when the last was given is it known that nothing
   * is damaged: what is made of them before has to wait for that.
   */
  entries(): AsyncGenerator<readonly Entry[], void, void>;
}

/**
 * Opens a backup for `use`. Throws a `Failure` that says what is wrong with the file: `no_backup`, `newer_backup`,
 * `damaged_backup`, `unreadable`.
 */
export async function withBackup<Result>(
  file: string,
  use: (backup: OpenBackup) => Promise<Result>,
): Promise<Result> {
  const handle = await openFile(file);
  try {
    return await use(await opened(file, handle));
  } finally {
    await handle.close();
  }
}

/** A pipe that nobody writes to is not waited for: nothing could end that. */
const READ_AT_ONCE = constants.O_RDONLY | constants.O_NONBLOCK;

async function openFile(file: string): Promise<FileHandle> {
  try {
    const handle = await open(file, READ_AT_ONCE);
    const found = await handle.stat();
    if (found.isFile()) return handle;
    await handle.close();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Failure(exitCodes.invalid, 'unreadable', `${file} cannot be read: ${reason}`);
  }
  throw foreign(file, 'it is not a regular file');
}

async function opened(file: string, handle: FileHandle): Promise<OpenBackup> {
  const { size } = await handle.stat();
  if (size === 0) throw foreign(file, 'it is empty');
  const sealAt = Math.max(0, size - SEAL_BYTES);
  const end = Buffer.alloc(size - sealAt);
  await handle.read(end, 0, end.length, sealAt);
  const seal = readSeal(end);
  const header = await headerOf(file, handle, seal !== undefined);
  if (seal === undefined)
    throw damaged(
      file,
      `its end, before byte ${size}, is not that of a backup; it was cut off, changed there, or something was added behind it`,
    );
  const body = { file, handle, bytes: sealAt, header, seal };
  return { file, bytes: size, header, seal, entries: () => entriesOf(body) };
}

/** The first line, before anything is believed of the rest. */
async function headerOf(file: string, handle: FileHandle, isSealed: boolean): Promise<Header> {
  const header = readHeader((await firstLine(handle)) ?? '');
  if (header === undefined)
    throw isSealed
      ? damaged(file, 'its beginning cannot be read')
      : foreign(file, 'it does not begin like one');
  if ('newer' in header) throw newerFormat(file, header.newer, FORMAT_VERSION);
  return header;
}

async function firstLine(handle: FileHandle): Promise<string | undefined> {
  const cutter = new LineCutter(HEADER_LENGTH_MAX);
  try {
    for await (const chunk of unpacked(handle, HEADER_BYTES_MAX, () => {})) {
      const lines = cutter.take(chunk);
      if (lines === undefined || lines[0] !== undefined) return lines?.[0];
    }
  } catch {
    // No gzip, or damaged before the end of the line.
  }
  return undefined;
}

/** More than a header has, packed and unpacked. */
const HEADER_BYTES_MAX = 64 * 1024;
const HEADER_LENGTH_MAX = 4 * CHUNK_BYTES;

/** The first bytes of a file, unpacked. */
function unpacked(
  handle: FileHandle,
  bytes: number,
  look: (chunk: Uint8Array) => void,
): AsyncIterable<Buffer> {
  async function* packed() {
    for (let at = 0; at < bytes; ) {
      const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, bytes - at));
      const { bytesRead } = await handle.read(chunk, 0, chunk.length, at);
      if (bytesRead === 0) return;
      at += bytesRead;
      look(chunk.subarray(0, bytesRead));
      yield chunk.subarray(0, bytesRead);
    }
  }
  // Whoever reads what comes out is told of what goes wrong.
  return pipeline(packed, createGunzip({ chunkSize: CHUNK_BYTES }), () => {});
}

interface Body {
  readonly file: string;
  readonly handle: FileHandle;
  readonly bytes: number;
  readonly header: Header;
  readonly seal: Seal;
}

async function* entriesOf(body: Body): AsyncGenerator<readonly Entry[], void, void> {
  const { file, handle, bytes, header, seal } = body;
  const sum = new Sha256();
  const reader = new EntryReader(file, header.revision);
  const cutter = new LineCutter(LINE_LENGTH_MAX);
  try {
    for await (const chunk of unpacked(handle, bytes, (raw) => sum.add(raw))) {
      const lines = cutter.take(chunk);
      if (lines === undefined) throw damaged(file, `line ${reader.line + 1} does not end`);
      yield reader.read(lines);
    }
  } catch (error) {
    if (error instanceof Failure || !isOfZlib(error)) throw error;
    throw damaged(file, `what follows line ${reader.line} cannot be unpacked: ${error.message}`);
  }
  if (cutter.hasRest) throw damaged(file, `line ${reader.line + 1} is not whole`);
  requireSealed(file, reader.entries, sum, seal);
}

function requireSealed(file: string, entries: number, sum: Sha256, seal: Seal): void {
  // safeguard: backup-is-as-it-was-written
  if (sum.hex() !== seal.sha256)
    throw damaged(file, 'its SHA-256 is not the one that its last line says');
  if (entries !== seal.entries)
    throw damaged(file, `it has ${entries} entries, and its last line says ${seal.entries}`);
}

function isOfZlib(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
}

/** Reads the lines of entries, in their order. */
class EntryReader {
  readonly #file: string;
  readonly #revision: number;
  /** That was read last. */
  line = 0;
  readonly #order = new EntryOrder();

  constructor(file: string, revision: number) {
    this.#file = file;
    this.#revision = revision;
  }

  /** All lines but the header. */
  get entries(): number {
    return Math.max(0, this.line - 1);
  }

  read(lines: readonly string[]): readonly Entry[] {
    const entries: Entry[] = [];
    for (const text of lines) {
      this.line++;
      if (this.line > 1) entries.push(this.#entry(text));
    }
    return entries;
  }

  #entry(text: string): Entry {
    const entry = readEntry(text, this.#revision);
    if (typeof entry === 'string') throw damaged(this.#file, `line ${this.line}: ${entry}`);
    const problem = this.#order.problem(entry.path);
    if (problem !== undefined) throw damaged(this.#file, `line ${this.line}: ${problem}`);
    return entry;
  }
}
