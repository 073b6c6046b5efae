import type { Client, Operation } from '@confer/client';
import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../shared/src/test-support/seeded-random.ts';
import type { ModelWrite } from '../model/model.ts';
import { isLong } from '../support/extent.ts';
import { DEFAULT_TRANSPORT } from '../support/transports.ts';
import type { FaultProxy } from './proxy.ts';
import { Recorder } from './recorder.ts';
import { type RealServer, report, until, withScene } from './scene.ts';

const ROUNDS = isLong ? 100 : 5;
const PATHS = Array.from({ length: 12 }, (_, i) => `/${i % 2 === 0 ? 'even' : 'odd'}/${i}`);
const CUT_BYTES_MAX = 4_000;
/** As many as the server keeps. */
const RECENT_COMMITS = 10_000;
const AT_ONCE = 500;
const seed = Number(process.env.CONFER_TEST_SEED ?? 1);

/** What was written, in order: the write at index i is revision i + 1. */
class Story {
  readonly writes: (ModelWrite & { readonly revision: number })[] = [];
  readonly #held = new Set<string>();
  readonly #random: SeededRandom;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  /** Writes some, the last ones deletes where there is something to delete. */
  async write(client: Client): Promise<void> {
    for (let left = this.#random.int(1, 6); left > 0; left--) {
      const operations = [this.#operation(left < 3)];
      this.#note(operations, await client.commit({ operations, timeoutMs: 30_000 }));
    }
  }

  /** One commit that concerns every reader. */
  async end(client: Client): Promise<void> {
    const operations = PATHS.map((path) => ({ type: 'put' as const, path, value: 'end' }));
    for (const path of PATHS) this.#held.add(path);
    this.#note(operations, await client.commit({ operations }));
  }

  get newest(): number {
    return this.writes.at(-1)?.revision ?? 0;
  }

  #note(operations: readonly Operation[], { revision }: { readonly revision: number }): void {
    expect(revision).toBeGreaterThan(this.newest);
    this.writes.push({ operations, revision });
  }

  /** More commits than the server keeps in memory, none of which concern a reader. */
  async overflow(client: Client): Promise<void> {
    for (let left = RECENT_COMMITS; left > 0; left -= AT_ONCE) {
      const batch = Array.from({ length: AT_ONCE }, (): Operation[] => [
        { type: 'put', path: '/elsewhere', value: 'x' },
      ]);
      // They are the same, so that it is of no matter which of them came first.
      const made = await Promise.all(batch.map((operations) => client.commit({ operations })));
      for (const { revision } of made.toSorted((a, b) => a.revision - b.revision))
        this.#note([{ type: 'put', path: '/elsewhere', value: 'x' }], { revision });
    }
  }

  #operation(isDelete: boolean): Operation {
    const path = this.#random.pick(PATHS);
    if (isDelete && this.#held.delete(path)) return { type: 'delete', path };
    this.#held.add(path);
    return { type: 'put', path, value: `${this.writes.length} ${'x'.repeat(200)}` };
  }
}

interface Stage {
  readonly server: RealServer;
  readonly proxy: FaultProxy;
  readonly writer: Client;
  readonly random: SeededRandom;
  /** What all servers counted together. */
  readonly counted: { ended: number; resyncs: number };
}

async function count({ server, counted }: Stage): Promise<void> {
  const { counters } = await server.look();
  counted.ended += counters['eventWatchesEnded.compacted'] ?? 0;
  counted.resyncs += counters['resyncs.compacted'] ?? 0;
}

/** Compacts at a moment that falls anywhere in the resume, or in the death of the server. */
async function race(stage: Stage, newest: number, mayKill: boolean): Promise<void> {
  const { server, proxy, writer, random } = stage;
  // One that starts anew has none of the recent commits in memory, so history is what counts.
  if (mayKill && random.chance(0.7)) {
    await count(stage);
    await server.restart();
  }
  const upTo = random.chance(0.5) ? newest : random.int(0, newest);
  const compacted = writer.compact(upTo).catch((error: unknown) => error);
  if (random.chance(0.5)) await compacted;
  if (mayKill && random.chance(0.2)) await server.restart();
  if (random.chance(0.5)) proxy.cutNext('down', random.int(0, CUT_BYTES_MAX));
  else proxy.heal();
  await compacted;
}

describe.each([
  ['lmdb', DEFAULT_TRANSPORT],
  ['memory', 'ws'],
  ...(isLong
    ? ([
        ['lmdb', 'ws'],
        ['memory', DEFAULT_TRANSPORT],
      ] as const)
    : []),
] as const)('compaction while readers come back, %s over %s', (engine, transport) => {
  it('S5 W1 W2 W3 W4 W5 W7 W9 loses, repeats and hides nothing (etcd #17780 #18089 #19179)', {
    timeout: isLong ? 600_000 : 60_000,
  }, async () => {
    await withScene(async (scene) => {
      const random = new SeededRandom(seed);
      const server = await scene.server({ engine, transport });
      const proxy = await scene.proxy(server);
      const writer = scene.client(server.url, { timeouts: { requestMs: 30_000 } });
      const stage = { server, proxy, writer, random, counted: { ended: 0, resyncs: 0 } };
      const story = new Story(random);
      await story.write(writer);
      const recorder = new Recorder();
      const reader = scene.client(proxy.url);
      const mirrors = ['/even', '/odd'].map((path) => recorder.mirror(reader, path));
      const follower = recorder.follow(scene.client(proxy.url), '/even');
      await Promise.all(mirrors.map((mirror) => mirror.ready()));
      const { epoch } = await writer.serverStatus();
      for (let round = 0; round < ROUNDS; round++) {
        proxy.cutAll({ refusing: true });
        await story.write(writer);
        // Only in a long run: the memory engine cannot start anew, so its recent commits are pushed out.
        if (engine === 'memory' && isLong && round % 25 === 0) await story.overflow(writer);
        await race(stage, story.newest, engine === 'lmdb');
        await story.end(writer);
        const { newest } = story;
        await Promise.all(mirrors.map((mirror) => mirror.waitFor(newest, { timeoutMs: 20_000 })));
        await until('the event watch is back', () => follower.revision >= newest);
      }
      await count(stage);
      recorder.expectTruth(epoch, story.writes);
      if (isLong) expect(stage.counted.ended).toBeGreaterThan(0);
      report(`compaction on ${engine} over ${transport}`, {
        seed,
        rounds: ROUNDS,
        writes: story.writes.length,
        connections: proxy.accepted,
        ...stage.counted,
      });
    });
  });
});
