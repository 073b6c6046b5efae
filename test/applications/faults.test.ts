import { unflatten } from '@confer/shared';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Client } from '../../client/src/api.ts';
import { type Config, config } from '../../client/src/config.ts';
import { SeededRandom } from '../../shared/src/test-support/seeded-random.ts';
import { Scene } from '../scenarios/scene.ts';
import { isLong } from '../support/extent.ts';
import { KeptTexts } from './scene.ts';

const seeds = Array.from({ length: isLong ? 500 : 40 }, (_, i) => i + 1);

/** Two values that every commit writes together, so that half of one is seen, and one that may be bad. */
const Settings = z.object({ left: z.number(), right: z.number(), limit: z.number().max(9) });
type Settings = z.infer<typeof Settings>;

const PATHS = ['left', 'right', 'limit'] as const;

/** A program with its configuration, which restarts now and then, on a server that has its faults, too. */
class Story {
  readonly random: SeededRandom;
  readonly scene: Scene;
  readonly kept = new KeptTexts();
  readonly writer: Client;
  /** What is wrong. */
  readonly problems: string[] = [];
  /** What was acknowledged, by revision; a good one is as the schema has it. */
  readonly states = new Map<number, unknown>();
  #programs = 0;
  #written = 0;
  client: Client | undefined;
  live: Config<Settings> | undefined;
  /** Of the object that was shown last, over all programs. */
  #shown = 0;

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
    this.scene = new Scene();
    this.writer = this.scene.client('writer');
  }

  async write(): Promise<void> {
    const n = ++this.#written;
    const limit = this.random.chance(0.3) ? 'none' : `${this.random.int(0, 12)}`;
    const values = { left: `${n}`, right: `${n}`, limit };
    const operations = PATHS.map(
      (key) => ({ type: 'put', path: `/svc/${key}`, value: values[key] }) as const,
    );
    const { revision } = await this.scene.settled(
      this.writer.commit({ operations }).catch(() => ({ revision: 0 })),
    );
    const entries = PATHS.map((key) => ({ path: `/svc/${key}`, value: values[key] }));
    if (revision > 0) this.states.set(revision, unflatten(entries, '/svc'));
  }

  async restart(): Promise<void> {
    await this.stop();
    const client = this.scene.client(`program-${++this.#programs}`, {
      ...{ snapshot: this.kept.store(), onError: () => {} },
    });
    this.client = client;
    const live = config(client, '/svc', Settings);
    this.live = live;
    const first = live.getSnapshot();
    if (first !== undefined) this.judge(first, 'at the start');
    live.onChange((next) => this.judge(next, `a swap at ${live.revision}`));
    live.on('error', ({ issues }) => {
      if (issues.some(({ key }) => key !== 'limit')) this.problems.push(JSON.stringify(issues));
    });
  }

  async stop(): Promise<void> {
    if (this.client !== undefined) await this.scene.settled(this.client.close());
  }

  /** It is a whole one, a good one, and that of its revision, which never falls. */
  judge(shown: Settings, when: string): void {
    const { left, right, limit } = shown;
    if (left !== right) this.problems.push(`${when}: half of a commit: ${JSON.stringify(shown)}`);
    if (limit > 9) this.problems.push(`${when}: a bad one: ${JSON.stringify(shown)}`);
    if (left < this.#shown) this.problems.push(`${when}: ${left} after ${this.#shown} (W9)`);
    this.#shown = Math.max(this.#shown, left);
  }

  async fault(): Promise<void> {
    const { random, scene } = this;
    const kind = random.int(0, 4);
    if (kind === 0) for (const link of scene.network.links) link.cut();
    else if (kind === 1) {
      scene.server.crash();
      await scene.clock.advance(random.int(0, 20_000));
      scene.server.start();
    } else if (kind === 2) await this.restart();
    else if (kind === 3) await scene.settled(this.writer.compact().catch(() => {}));
    else await scene.clock.advance(random.int(0, 30_000));
  }
}

describe('typed configuration while its server and its program have their faults', () => {
  test.each(seeds)(
    'W4 W7 W9 shows only whole, good, newer states, and the last one in the end (seed %i)',
    async (seed) => {
      const story = new Story(seed);
      const { random, scene } = story;
      await story.write();
      await story.restart();
      for (let step = 0; step < 60; step++) {
        if (random.chance(0.6)) await story.write();
        else await story.fault();
      }
      await scene.clock.advance(120_000);
      const last = [...story.states.keys()].sort((a, b) => a - b).at(-1) ?? 0;
      const judged = Settings.safeParse(story.states.get(last));
      if (judged.success) expect(story.live?.current).toEqual(judged.data);
      else expect(story.live?.error?.issues).toMatchObject([{ key: 'limit', path: '/svc/limit' }]);
      expect(story.live?.status).toBe('live');
      expect(story.problems).toEqual([]);
      expect((await scene.end()).filter((problem) => !/reports/.test(problem))).toEqual([]);
    },
  );
});
