import { MemoryDisk } from '../../../server/src/engine/memory/disk.ts';
import { scanRange } from '../../../server/src/engine/tree-range.ts';

/** What a disk holds now, to be the beginning of another history. */
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
  copy.tombstones.floor = disk.revision;
  return copy;
}

/** The same, byte for byte: what is put back by hand, and does not know that it was. */
export function twinOf(disk: MemoryDisk): MemoryDisk {
  const twin = copyOf(disk);
  twin.epoch = disk.epoch;
  twin.timelines = disk.timelines;
  twin.tombstones.floor = disk.tombstones.floor;
  for (const tombstone of disk.tombstones.read(scanRange({ subtree: '/' }), disk.revision))
    twin.tombstones.add(tombstone);
  return twin;
}
