import { constants, mkdirSync } from 'node:fs';
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A file of the audit that is written to. An interface, so that tests can have a disk that fails. */
export interface AuditFile {
  readonly sizeBytes: number;
  /** Writes at the end of what is there. Rejects with the error of the system; part of it may be there then. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** Resolves once what was written is on the disk. */
  sync(): Promise<void>;
  cut(bytes: number): Promise<void>;
  /** Whether another file, or none, has its name now: what is written would not be found again. */
  isMisplaced(): Promise<boolean>;
  close(): Promise<void>;
}

/** Opens a file, or makes it. A new one is named on the disk when this resolves. */
export type OpenAuditFile = (path: string, make: boolean) => Promise<AuditFile>;

/** What a file is called: by when it was begun, and the number of its first line, which orders them. */
export interface AuditFileName {
  readonly name: string;
  readonly time: number;
  readonly seq: number;
}

const NAME = /^audit-(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z-(\d{12})\.jsonl$/;
/** Held by whoever writes. */
export const LOCK_NAME = 'lock';

export function fileNameOf(timeMs: number, seq: number): string {
  const time = new Date(timeMs).toISOString().replace(/[-:]|\.\d+/g, '');
  return `audit-${time}-${String(seq).padStart(12, '0')}.jsonl`;
}

function parseFileName(name: string): AuditFileName | undefined {
  const [, year, month, day, hour, minute, second, seq] = NAME.exec(name) ?? [];
  if (seq === undefined) return undefined;
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return { name, time, seq: Number(seq) };
}

/** What lies in the directory of an audit, in the order of the lines. None where there is no directory. */
export async function listFiles(
  directory: string,
): Promise<{ files: AuditFileName[]; foreign: string[] }> {
  const names = await readdir(directory).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  });
  const files = names.flatMap((name) => parseFileName(name) ?? []);
  const known = new Set([LOCK_NAME, ...files.map(({ name }) => name)]);
  return {
    files: files.sort((a, b) => a.seq - b.seq || a.time - b.time),
    foreign: names.filter((name) => !known.has(name)),
  };
}

/** Makes the directory where it is not there, for nobody else to read. */
export function makeAuditDirectory(directory: string): void {
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}

export const openAuditFile: OpenAuditFile = async (path, make) => {
  const flags = constants.O_RDWR | (make ? constants.O_CREAT | constants.O_EXCL : 0);
  const handle = await open(path, flags, 0o600);
  try {
    if (make) await syncDirectory(join(path, '..'));
    const { size, ino, dev } = await handle.stat();
    return new DiskFile(path, handle, size, { ino, dev });
  } catch (error) {
    await handle.close();
    throw error;
  }
};

class DiskFile implements AuditFile {
  readonly sizeBytes: number;
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #identity: { readonly ino: number; readonly dev: number };

  constructor(
    path: string,
    handle: FileHandle,
    sizeBytes: number,
    identity: { readonly ino: number; readonly dev: number },
  ) {
    this.#path = path;
    this.#handle = handle;
    this.sizeBytes = sizeBytes;
    this.#identity = identity;
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    let written = 0;
    while (written < bytes.length) {
      const left = bytes.length - written;
      const done = await this.#handle.write(bytes, written, left, position + written);
      written += done.bytesWritten;
    }
  }

  sync(): Promise<void> {
    return this.#handle.datasync();
  }

  cut(bytes: number): Promise<void> {
    return this.#handle.truncate(bytes);
  }

  async isMisplaced(): Promise<boolean> {
    const there = await stat(this.#path).catch(() => undefined);
    return there?.ino !== this.#identity.ino || there.dev !== this.#identity.dev;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

/** A file is lost to a power loss when the directory that names it is not on the disk. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The name of a system error; empty for others. */
function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
