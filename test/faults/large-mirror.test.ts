import { fileURLToPath } from 'node:url';
import type { Client, Operation } from '@confer/client';
import { describe, expect, it } from 'vitest';
import { isLong } from '../support/extent.ts';
import type { Program } from '../support/process.ts';
import { FAULTY_TRANSPORTS } from '../support/transports.ts';
import { Load } from './load.ts';
import { type RealServer, report, type Scene, until, withScene } from './scene.ts';

const ENTRIES = 1_000_000;
const AT_ONCE = 50_000;
/** How much of it changes while the mirror is away. */
const CHANGED = 20_000;
/** Waits for a mirror so large, on a machine with other work. */
const PATIENCE_MS = 240_000;
const MIRROR = fileURLToPath(new URL('./large-mirror.js', import.meta.url));

interface Shown {
  readonly status: string;
  readonly revision: number;
  readonly size: number;
  /** Every size that it ever had. */
  readonly sizes: readonly number[];
  /** How often it showed half a commit. */
  readonly torn: number;
  readonly residentMiBMax: number;
}

class LargeMirror {
  readonly #program: Program;
  #lines = 1;

  constructor(program: Program) {
    this.#program = program;
  }

  async look(): Promise<Shown> {
    const index = this.#lines++;
    this.#program.write('look\n');
    return this.#program.saw(({ stdout }) => {
      const lines = stdout.split('\n');
      const line = lines[index];
      return line === undefined || lines.length === index + 1 ? undefined : JSON.parse(line);
    }, PATIENCE_MS);
  }
}

const put = (path: string, value: string): Operation => ({ type: 'put', path, value });
const pathOf = (i: number) => `/config/${Math.floor(i / 1_000)}/${i % 1_000}`;

/** Writes the entries of these numbers, and the two that always change together. */
async function write(client: Client, from: number, to: number, value: string): Promise<number> {
  const entries = Array.from({ length: to - from }, (_, i) => put(pathOf(from + i), value));
  const operations = [put('/first', value), ...entries, put('/last', value)];
  return (await client.commit({ operations, timeoutMs: PATIENCE_MS })).revision;
}

/** What others and the server feel of it while the mirror gets there. */
async function felt(
  scene: Scene,
  server: RealServer,
  title: string,
  arrive: () => Promise<Shown>,
): Promise<Shown> {
  const other = scene.client(server.url);
  await other.get('/first');
  await server.look();
  const memoryMiB = [server.memoryMiB.own];
  const gets = new Load(async () => {
    await other.get('/first');
    memoryMiB.push(server.memoryMiB.own);
  });
  const startedAt = Date.now();
  const shown = await arrive();
  const tookMs = Date.now() - startedAt;
  await gets.end();
  const { pauseMsMax } = await server.look();
  const getsOfOthers = gets.summary();
  const serverOwnMiB = [memoryMiB[0], Math.max(...memoryMiB)];
  const { residentMiBMax } = shown;
  report(title, { tookMs, getsOfOthers, pauseMsMax, serverOwnMiB, mirrorMiB: residentMiBMax });
  expect(getsOfOthers.p99Ms).toBeLessThan(200);
  expect(Math.max(...memoryMiB) - (memoryMiB[0] ?? 0)).toBeLessThan(300);
  return shown;
}

describe('W4 W7 W10 a mirror of a million entries', () => {
  it.runIf(isLong).each(FAULTY_TRANSPORTS)(
    'is put in place at once, holds up nobody and costs bounded memory, over %s (with CONFER_TEST_LONG=1)',
    { timeout: 3 * PATIENCE_MS },
    async (transport) => {
      await withScene(async (scene) => {
        const server = await scene.server({ transport });
        const proxy = await scene.proxy(server);
        const writer = scene.client(server.url, { timeouts: { requestMs: PATIENCE_MS } });
        let revision = 0;
        for (let from = 0; from < ENTRIES; from += AT_ONCE)
          revision = await write(writer, from, from + AT_ONCE, 'initial');
        const program = scene.program(MIRROR, [proxy.url]);
        await program.saw(({ stdout }) => (stdout.includes('\n') ? true : undefined));
        const mirror = new LargeMirror(program);
        const arriveAt = (least: number) => async () => {
          proxy.heal();
          let shown = await mirror.look();
          const isThere = async () => {
            shown = await mirror.look();
            return shown.status === 'live' && shown.revision >= least;
          };
          await until('the mirror is there', isThere, PATIENCE_MS);
          return shown;
        };
        const first = await felt(
          scene,
          server,
          `1M from nothing, ${transport}`,
          arriveAt(revision),
        );
        expect(first).toMatchObject({ torn: 0, size: ENTRIES + 2 });
        expect(first.sizes.every((size) => size === 0 || size === ENTRIES + 2)).toBe(true);

        proxy.cutAll({ refusing: true });
        revision = await write(writer, 0, CHANGED, 'changed');
        await writer.compact();
        await server.restart();
        const again = await felt(scene, server, `1M come back, ${transport}`, arriveAt(revision));
        expect(again).toMatchObject({ torn: 0, size: ENTRIES + 2 });
      });
    },
  );
});
