import { MemoryDisk } from '../../server/src/engine/memory/disk.ts';

/** A backup: what a disk holds now, to be the beginning of another history. */
export function copyOf(disk: MemoryDisk): MemoryDisk {
  const copy = new MemoryDisk();
  copy.revision = disk.revision;
  copy.compactedRevision = disk.compactedRevision;
  copy.entryCount = disk.entryCount;
  copy.historyBytes = disk.historyBytes;
  copy.tree = disk.tree.copyAt(disk.revision);
  copy.log.push(...disk.log);
  for (const [requestId, outcome] of disk.outcomes) copy.outcomes.set(requestId, outcome);
  copy.retired.push(...disk.retired);
  // Nobody has a position of the new history from before the backup.
  copy.deletions.floor = disk.revision;
  return copy;
}
