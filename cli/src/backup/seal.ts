import { crc32 } from 'node:zlib';

/** What the end of a backup says of all that is before it. */
export interface Seal {
  readonly entries: number;
  /** SHA-256 of each byte of the file before the seal, in hex. */
  readonly sha256: string;
}

/**
 * The last line is a member of the gzip file of its own, which is never compressed and always as long: so it is found
 * from the end, there is one way to write it, and each bit of it counts. Tools for gzip read it as the last line.
 */
const LINE_BYTES = 128;
/** No flags, no time, of an unknown system. */
const HEAD = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
const LAST_BLOCK_STORED = 1;
const BLOCK_HEAD_BYTES = 5;
const GZIP_TAIL_BYTES = 8;

export const SEAL_BYTES = HEAD.length + BLOCK_HEAD_BYTES + LINE_BYTES + GZIP_TAIL_BYTES;

export function sealBytes({ entries, sha256 }: Seal): Buffer {
  const line = Buffer.from(`${JSON.stringify({ entries, sha256 }).padEnd(LINE_BYTES - 1)}\n`);
  const block = Buffer.alloc(BLOCK_HEAD_BYTES);
  block.writeUInt8(LAST_BLOCK_STORED, 0);
  block.writeUInt16LE(LINE_BYTES, 1);
  block.writeUInt16LE(~LINE_BYTES & 0xffff, 3);
  const tail = Buffer.alloc(GZIP_TAIL_BYTES);
  tail.writeUInt32LE(crc32(line), 0);
  tail.writeUInt32LE(LINE_BYTES, 4);
  return Buffer.concat([HEAD, block, line, tail]);
}

/** `undefined` where the bytes are not exactly those of a seal. */
export function readSeal(bytes: Buffer): Seal | undefined {
  const lineAt = HEAD.length + BLOCK_HEAD_BYTES;
  const line = bytes.toString('latin1', lineAt, lineAt + LINE_BYTES);
  const [, count = '', sha256 = ''] = SEAL_LINE.exec(line) ?? [];
  const seal = { entries: Number(count), sha256 };
  return count !== '' && sealBytes(seal).equals(bytes) ? seal : undefined;
}

const SEAL_LINE = /^\{"entries":(\d{1,15}),"sha256":"([0-9a-f]{64})"\} *\n$/;
