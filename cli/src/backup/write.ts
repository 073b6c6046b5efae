import type { FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Entry } from '@confer/shared';
import { entryLine, type Header, headerLine } from './format.ts';
import { sealBytes } from './seal.ts';
import { Sha256 } from './sha256.ts';

export interface WrittenBackup {
  readonly entries: number;
  readonly bytes: number;
}

/** What is packed at a time. */
const CHUNK_BYTES = 256 * 1024;

/**
 * Writes a backup into an empty file, page by page as they come. Rejects with what `pages` rejects with, or with an
 * error of the system.
 */
export async function writeBackup(
  handle: FileHandle,
  header: Header,
  pages: AsyncIterable<readonly Entry[]>,
  signal: AbortSignal,
): Promise<WrittenBackup> {
  const sum = new Sha256();
  let entries = 0;
  let bytes = 0;
  async function* texts() {
    yield headerLine(header);
    for await (const page of pages) {
      entries += page.length;
      yield page.map(entryLine).join('');
    }
  }
  async function write(chunk: Uint8Array): Promise<void> {
    await handle.write(chunk, 0, chunk.length, bytes);
    bytes += chunk.length;
  }
  async function take(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const chunk of chunks) {
      sum.add(chunk);
      await write(chunk);
    }
  }
  await pipeline(texts, createGzip({ chunkSize: CHUNK_BYTES }), take, { signal });
  await write(sealBytes({ entries, sha256: sum.hex() }));
  return { entries, bytes };
}
