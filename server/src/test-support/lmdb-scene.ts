import { Scene, TestClock } from '../engine/contract/scene.contract.ts';
import { openLmdbEngine } from '../engine/lmdb/open.ts';

let names = 0;
/** A name that no other has. */
export const newId = () => `id-${names++}`;

/** Opens a store on the disk, to write to it. */
export async function openLmdbScene(directory: string, acceptLoss = false): Promise<Scene> {
  const clock = new TestClock();
  const engine = await openLmdbEngine({
    ...{ directory, clock, acceptLoss, newId },
    uptimeMs: () => 0,
    random: Math.random,
    defer: setImmediate,
    pid: process.pid,
  });
  return new Scene(engine, clock);
}
