import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Client } from '../../client/src/api.ts';
import { type Config, config } from '../../client/src/config.ts';
import { SeededRandom } from '../../shared/src/test-support/seeded-random.ts';
import { Scene } from '../scenarios/scene.ts';
import { isLong } from '../support/extent.ts';
import { KeptTexts } from './scene.ts';

const seeds = Array.from(
  { length: isLong ? 500 : 25 },
  // From one on that found what was kept of one subtree beside what the server had of another.
  (_, i) => i + 188,
);

const Settings = z.looseObject({ a: z.number(), b: z.number(), c: z.number() });
type Settings = z.infer<typeof Settings>;

/** A program with a configuration of three subtrees, each with a key of its own that every commit writes alike. */
class Program {
  readonly random: SeededRandom;
  readonly scene = new Scene({ windowBytes: 20_000 });
  readonly halves: string[] = [];
  live: Config<Settings> | undefined;
  #kept = new KeptTexts();
  #client: Client | undefined;
  #written = 0;
  #programs = 0;

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
  }

  get written(): number {
    return this.#written;
  }

  /** A commit of all three, or of one key of one of them, which all may be told of at other times. */
  async write(writer: Client): Promise<void> {
    const isOfOne = this.#written > 0 && this.random.chance(0.4);
    if (!isOfOne) this.#written++;
    const value = `${this.#written}`;
    const paths = isOfOne
      ? [`/${this.random.pick(['a', 'b', 'c'])}/own/${this.random.int(0, 200)}`]
      : ['/a/a', '/b/b', '/c/c'];
    const operations = paths.map((path) => ({ type: 'put', path, value }) as const);
    await this.scene.settled(writer.commit({ operations, timeoutMs: 30_000 }).catch(() => {}));
  }

  /** It dies at once: what it had not kept by then is lost. */
  restart(): void {
    void this.#client?.close();
    const kept = new KeptTexts();
    for (const [path, text] of this.#kept.texts) kept.texts.set(path, text);
    this.#kept = kept;
    this.#client = this.scene.client(`program-${++this.#programs}`, {
      ...{ snapshot: kept.store(), onError: () => {} },
    });
    const live = config(this.#client, '/a', Settings, { layers: ['/b', '/c'] });
    this.live = live;
    // What was kept is of each subtree by itself, and nobody knows in the middle of what the last one died.
    live.onChange(({ a, b, c }) => {
      if (a !== b || b !== c)
        this.halves.push(`${live.source} at ${live.revision}: ${a} ${b} ${c}`);
    });
  }

  async fault(): Promise<void> {
    const { random, scene } = this;
    const kind = random.int(0, 5);
    if (kind === 0) for (const link of scene.network.links) link.cut();
    else if (kind === 1) {
      scene.server.crash();
      await scene.clock.advance(random.int(0, 20_000));
      scene.server.start();
    } else if (kind === 2) this.restart();
    else if (kind === 3) {
      scene.server.wipe();
      scene.server.start();
      this.#written = 0;
    } else await scene.clock.advance(random.int(0, 6_000));
  }
}

describe('a configuration of several subtrees while its server loses all it has and its program dies', () => {
  test.each(seeds)(
    'W4 W7 changes to whole states alone, whatever was kept, and is right in the end (seed %i)',
    async (seed) => {
      const program = new Program(seed);
      const { random, scene } = program;
      const writer = scene.client('writer', { onError: () => {} });
      await program.write(writer);
      program.restart();
      for (let step = 0; step < 50; step++)
        if (random.chance(0.6)) await program.write(writer);
        else await program.fault();
      do await program.write(writer);
      while (random.chance(0.9) || program.written === 0);
      await scene.clock.advance(120_000);
      const { live } = program;
      expect(live?.error).toBeUndefined();
      expect(new Set([live?.current.a, live?.current.b, live?.current.c]).size).toBe(1);
      expect(live?.current.a).toBe(program.written);
      expect(program.halves).toEqual([]);
      expect(await scene.end()).toEqual([]);
    },
  );
});
