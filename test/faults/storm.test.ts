import { describe, expect, it } from 'vitest';
import { isFull, isLong } from '../support/extent.ts';
import { FAULTY_TRANSPORTS } from '../support/transports.ts';
import { Load } from './load.ts';
import { report, until, withScene } from './scene.ts';

const CLIENTS = isLong ? 5_000 : 300;
const PROCESSES = isLong ? 3 : 2;
const ENTRIES = isLong ? 1_000 : 100;
/** At most so many of the clients may choose to come back in the same tenth of the time. */
const SHARE_MAX = 0.25;
/** A client that was told nothing begins with at most this; after a goodbye, it is a second at least. */
const FIRST_WAIT_MS_MAX = 250;

/** How many fall in each tenth of the time in which all do. */
function histogram(times: readonly number[]): number[] {
  const tenths = Array.from({ length: 10 }, () => 0);
  const longest = Math.max(...times) + 1;
  for (const time of times) {
    const tenth = Math.floor((time / longest) * 10);
    tenths[tenth] = (tenths[tenth] ?? 0) + 1;
  }
  return tenths;
}

describe(`W3 W5 W7 a storm of ${CLIENTS} clients`, () => {
  it.each(
    FAULTY_TRANSPORTS.flatMap((transport) => [
      ['SIGKILL', transport] as const,
      ...(isFull ? [['SIGTERM', transport] as const] : []),
    ]),
  )(
    'comes back spread after a %s, and all are live with the truth, over %s',
    {
      timeout: isLong ? 300_000 : 60_000,
    },
    async (signal, transport) => {
      await withScene(async (scene) => {
        const server = await scene.server({ transport });
        const writer = scene.client(server.url, { timeouts: { requestMs: 60_000 } });
        await writer.commit({
          operations: Array.from({ length: ENTRIES }, (_, i) => ({
            type: 'put' as const,
            path: `/config/${i}`,
            value: `value ${i}`,
          })),
        });
        const share = Math.ceil(CLIENTS / PROCESSES);
        const crowds = await Promise.all(
          Array.from({ length: PROCESSES }, () => scene.crowd(server.url, share)),
        );
        const memoryBefore = server.memoryMiB;
        await Promise.all(crowds.map((crowd) => crowd.ask('forget')));
        const load = new Load((turn) => writer.set(`/config/${turn % ENTRIES}`, `turn ${turn}`));
        const restartedAt = Date.now();
        await server.restart(signal);
        const restartMs = Date.now() - restartedAt;
        let memoryMax = 0;
        const target = (await writer.serverStatus()).revision;
        const areBack = async () => {
          memoryMax = Math.max(memoryMax, server.memoryMiB.own);
          for (const crowd of crowds) if (!(await crowd.isAt(target))) return false;
          return true;
        };
        await until('all are back', areBack, isLong ? 200_000 : 45_000);
        const backMs = Date.now() - restartedAt;
        await load.end();
        const { revision } = await writer.serverStatus();
        for (const crowd of crowds) {
          await until('all are at the end', () => crowd.isAt(revision), 30_000);
          await crowd.expectTruth(writer);
        }
        const shown = await Promise.all(crowds.map((crowd) => crowd.ask()));
        const opened = shown.flatMap((crowd) => crowd.opened);
        const waits = shown.flatMap((crowd) => crowd.waits);
        report(`${CLIENTS} clients after ${signal} over ${transport}`, {
          restartMs,
          backMs,
          waits: { longestMs: Math.max(...waits), tenths: histogram(waits) },
          opened: { lastMs: Math.max(...opened), tenths: histogram(opened) },
          connects: opened.length,
          memoryBefore,
          ownMiBMax: memoryMax,
          writes: load.summary(),
        });
        expect(waits).toHaveLength(share * PROCESSES);
        expect(Math.max(...histogram(waits))).toBeLessThan(waits.length * SHARE_MAX);
        expect(Math.max(...waits) > FIRST_WAIT_MS_MAX).toBe(signal === 'SIGTERM');
      });
    },
  );
});
