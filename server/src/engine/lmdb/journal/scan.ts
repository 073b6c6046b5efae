import type { LogRow } from '../log.ts';
import { type FoundRecord, PAGE_BYTES, recordAt } from './record.ts';

/** How far a file is written. */
export interface FileState {
  /** 0: nothing is in it. */
  readonly generation: number;
  /** Where the next record goes. */
  readonly endBytes: number;
}

export interface Scanned {
  readonly files: readonly FileState[];
  /** Those after `moved`, in the order in which they were written. */
  readonly rows: readonly LogRow[];
}

interface ScannedFile extends FileState {
  readonly records: readonly FoundRecord[];
}

/**
 * What the files of a journal hold that the log's table does not: it has all up to `moved`.
 *
 * Records are written one after another, each once the one before is on the disk, and a file is
 * written anew once the table has all that is in it. So a record that is not whole is the last one,
 * cut off by a crash and acknowledged to nobody, and what lies behind it is old. If it is not old,
 * something acknowledged is damaged: throws.
 */
export function scanJournal(files: readonly Buffer[], epoch: string, moved: number): Scanned {
  const scanned = files.map((file, i) => scanFile(file, epoch, moved, i));
  const records = scanned
    .toSorted((a, b) => a.generation - b.generation)
    .flatMap((file) => file.records);
  const rows = records.flatMap((record) => rowsAfter(record, moved));
  // Copied, or a single row would hold the whole of its file in memory.
  return {
    files: scanned,
    rows: rows.map(({ key, bytes }) => ({ key, bytes: Buffer.from(bytes) })),
  };
}

function scanFile(file: Buffer, epoch: string, moved: number, i: number): ScannedFile {
  const records: FoundRecord[] = [];
  let endBytes = 0;
  let next = recordAt(file, 0, epoch);
  const generation = next?.generation ?? 0;
  while (next !== undefined && next.generation === generation) {
    records.push(next);
    endBytes += next.bytes;
    next = recordAt(file, endBytes, epoch);
  }
  for (let offset = endBytes; offset < file.length; offset += PAGE_BYTES) {
    const beyond = recordAt(file, offset, epoch);
    if (beyond !== undefined && rowsAfter(beyond, moved).length > 0)
      throw new Error(`its file journal-${i} is damaged at byte ${endBytes}`);
  }
  return { generation, endBytes, records };
}

function rowsAfter({ rows }: FoundRecord, moved: number): readonly LogRow[] {
  return rows.filter(({ key }) => key[0] > moved);
}
