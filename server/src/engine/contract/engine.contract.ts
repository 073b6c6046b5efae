import { afterEach, beforeEach, describe } from 'vitest';
import { describeCompaction } from './compaction.contract.ts';
import { describeDeletions } from './deletions.contract.ts';
import { describeFeed } from './feed.contract.ts';
import { describeModel } from './model.contract.ts';
import { describeReads } from './reads.contract.ts';
import { describeRestart } from './restart.contract.ts';
import { type EngineFixture, Rig } from './rig.contract.ts';
import { describeWrites } from './writes.contract.ts';

/**
 * The suite that every engine passes. Titles carry the numbers of the contract. No test relies on
 * revisions that follow each other without a gap: an engine may share its counter.
 */
export function describeEngine(name: string, fixture: EngineFixture): void {
  describe(name, () => {
    let opened: Rig;
    beforeEach(async () => {
      opened = await Rig.open(fixture);
    });
    afterEach(() => opened.engine.close());
    const rig = () => opened;

    describeWrites(rig, fixture);
    describeReads(rig);
    describeFeed(rig);
    describeCompaction(rig);
    describeDeletions(rig, fixture);
    describeModel(rig);
    describeRestart(rig, fixture);
  });
}
