import { afterEach, beforeEach, describe } from 'vitest';
import { describeCompaction } from './compaction.contract.ts';
import { describeFeed } from './feed.contract.ts';
import { describeLeases } from './leases.contract.ts';
import { describeModel } from './model.contract.ts';
import { describePast } from './past.contract.ts';
import { describeReads } from './reads.contract.ts';
import { describeRestart } from './restart.contract.ts';
import { type EngineFixture, Scene } from './scene.contract.ts';
import { describeTombstones } from './tombstones.contract.ts';
import { describeTxn } from './txn.contract.ts';
import { describeWrites } from './writes.contract.ts';

/**
 * The suite that every engine passes. Titles carry the numbers of the contract. No test relies on
 * revisions that follow each other without a gap: an engine may share its counter.
 */
export function describeEngine(name: string, fixture: EngineFixture): void {
  describe(name, () => {
    let opened: Scene;
    beforeEach(async () => {
      opened = await Scene.open(fixture);
    });
    afterEach(() => opened.engine.close());
    const scene = () => opened;

    describeWrites(scene);
    describeTxn(scene, fixture);
    describeReads(scene);
    describePast(scene, fixture);
    describeFeed(scene);
    describeCompaction(scene);
    describeLeases(scene);
    describeTombstones(scene, fixture);
    describeModel(scene);
    describeRestart(scene, fixture);
  });
}
