import type { Client, Commit } from '@confer/client';
import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../shared/src/test-support/seeded-random.ts';
import type { ModelWrite } from '../model/model.ts';
import { isLong } from '../support/extent.ts';
import { FAULTY_TRANSPORTS } from '../support/transports.ts';
import { Load } from './load.ts';
import { Recorder } from './recorder.ts';
import { report, until, withScene } from './scene.ts';

const KILLS = isLong ? 100 : 6;
const WRITERS = 8;
const seed = Number(process.env.CONFER_TEST_SEED ?? 1);

/** Two paths of which nobody may see one alone. */
function halves(writer: number | string, value: string) {
  return ['a', 'b'].map((half) => ({
    type: 'put' as const,
    path: `/load/${writer}/${half}`,
    value,
  }));
}

/** All that ever happened, as the server tells it afterwards, up to a last commit that this makes. */
async function historyOf(client: Client, epoch: string): Promise<Commit[]> {
  const { revision: newest } = await client.commit({
    operations: halves('end', 'end'),
    note: 'end',
  });
  const commits: Commit[] = [];
  for await (const commit of client.watch('/', { after: { epoch, revision: 0 } })) {
    commits.push(commit);
    if (commit.revision >= newest) break;
  }
  return commits;
}

function asWrite({ changes, revision }: Commit): ModelWrite & { readonly revision: number } {
  const operations = changes.map((change) =>
    change.type === 'put'
      ? { type: 'put' as const, path: change.path, value: change.entry.value }
      : { type: 'delete' as const, path: change.path },
  );
  return { operations, revision };
}

/** Each write is in history once and whole; the acknowledged ones at the revision they were told. */
function expectAccounted(commits: readonly Commit[], acknowledged: ReadonlyMap<string, number>) {
  const revisions = new Map<string, number>();
  let last = 0;
  for (const { revision, note = '', changes } of commits) {
    expect(revision).toBeGreaterThan(last);
    last = revision;
    expect(revisions.has(note), `${note} was done once`).toBe(false);
    expect(changes, `${note} is whole`).toHaveLength(2);
    revisions.set(note, revision);
  }
  for (const [name, revision] of acknowledged) expect(revisions.get(name), name).toBe(revision);
}

describe('SIGKILL of a real server at random moments, on a path that is cut at random, too', () => {
  it.each(FAULTY_TRANSPORTS)(
    'S1 S3 S4 S5 W1 W2 W3 W4 W5 W7 keeps what was acknowledged and tells each change once, over %s',
    { timeout: isLong ? 600_000 : 60_000 },
    async (transport) => {
      await withScene(async (scene) => {
        const random = new SeededRandom(seed);
        const server = await scene.server({ transport });
        const proxy = await scene.proxy(server);
        const reader = scene.client(proxy.url);
        const recorder = new Recorder();
        const mirror = recorder.mirror(reader, '/');
        const { epoch } = await (await recorder.watch(reader, '/load')).started();
        await mirror.ready();
        const acknowledged = new Map<string, number>();
        const write = (client: Client, writer: number) => async (turn: number) => {
          const note = `${writer}.${turn}`;
          const request = { operations: halves(writer, note), note, timeoutMs: 30_000 };
          acknowledged.set(note, (await client.commit(request)).revision);
        };
        const writers = Array.from(
          { length: WRITERS },
          (_, writer) => new Load(write(scene.client(proxy.url), writer)),
        );
        for (let kill = 0; kill < KILLS; kill++) {
          const enough = acknowledged.size + random.int(5, 150);
          await until('writes are acknowledged', () => acknowledged.size >= enough);
          if (random.chance(0.5)) proxy.cutAll();
          await server.restart();
        }
        await Promise.all(writers.map((writer) => writer.end()));
        const direct = scene.client(server.url);
        const commits = await historyOf(direct, epoch);
        await mirror.waitFor(commits.at(-1)?.revision ?? 0);
        await reader.get('/load');
        expectAccounted(commits, acknowledged);
        recorder.expectTruth(epoch, commits.map(asWrite));
        report(`kills over ${transport}`, {
          seed,
          kills: KILLS,
          acknowledged: acknowledged.size,
          unacknowledged: commits.length - 1 - acknowledged.size,
          connections: proxy.accepted,
        });
      });
    },
  );
});
