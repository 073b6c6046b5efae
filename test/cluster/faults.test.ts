import { type Client, type Commit, ConferError } from '@confer/client';
import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../shared/src/test-support/seeded-random.ts';
import { Load } from '../faults/load.ts';
import { Recorder } from '../faults/recorder.ts';
import { report, until } from '../faults/scene.ts';
import type { ModelWrite } from '../model/model.ts';
import { isLong } from '../support/extent.ts';
import { type Cluster, clusterProblem, withCluster } from './scene.ts';

const ROUNDS = isLong ? 60 : 4;
const WRITERS = 6;
const seed = Number(process.env.CONFER_TEST_SEED ?? 1);

/** What may happen to a part of a cluster, for about as long as an election takes. */
const FAULTS: Readonly<Record<string, (cluster: Cluster, random: SeededRandom) => Promise<void>>> =
  {
    'a member is killed': async (cluster, random) => {
      const member = cluster.member(random.int(0, 2));
      await member.kill();
      await lasts(random);
      member.start();
      await member.ready();
    },
    'a member is frozen': async (cluster, random) => {
      const member = cluster.member(random.int(0, 2));
      member.signal('SIGSTOP');
      await lasts(random);
      member.signal('SIGCONT');
    },
    'a gateway is killed': async (cluster, random) => {
      const gateway = cluster.gateway(random.int(0, cluster.gateways.length - 1));
      await gateway.kill();
      await lasts(random);
      await gateway.start();
    },
    'a gateway is frozen': async (cluster, random) => {
      const gateway = cluster.gateway(random.int(0, cluster.gateways.length - 1));
      gateway.signal('SIGSTOP');
      await lasts(random);
      gateway.signal('SIGCONT');
    },
    'a gateway ends': async (cluster, random) => {
      const gateway = cluster.gateway(random.int(0, cluster.gateways.length - 1));
      expect(await gateway.kill('SIGTERM')).toBe(0);
      await gateway.start();
    },
    'ways to members are cut': async (cluster, random) => {
      for (const { proxies } of cluster.gateways)
        for (const proxy of proxies) if (random.chance(0.5)) proxy.cutAll();
    },
    'a way to a member is silent': async (cluster, random) => {
      const { proxies } = cluster.gateway(random.int(0, cluster.gateways.length - 1));
      const proxy = proxies[random.int(0, 2)];
      proxy?.silence('up', 'down');
      await lasts(random);
      proxy?.heal();
      proxy?.cutAll();
    },
  };

/** Long enough for what waits for it to notice, and short enough to happen often. */
function lasts(random: SeededRandom): Promise<void> {
  return new Promise((resume) => setTimeout(resume, random.int(50, 2_500)));
}

/** All that was committed since a revision, as a gateway tells it afterwards. */
async function historyOf(client: Client, epoch: string, from: number, last: number) {
  const commits: Commit[] = [];
  for await (const commit of client.watch('/', { after: { epoch, revision: from } })) {
    commits.push(commit);
    if (commit.revision >= last) break;
  }
  return commits;
}

function asWrite({ changes, revision }: Commit): ModelWrite & { revision: number } {
  const operations = changes.map((change) =>
    change.type === 'put'
      ? { type: 'put' as const, path: change.path, value: change.entry.value }
      : { type: 'delete' as const, path: change.path },
  );
  return { operations, revision };
}

/** What writers were told of what they wrote, by the note of it. */
class Told {
  readonly acknowledged = new Map<string, number>();
  readonly refused = new Set<string>();
  unknown = 0;

  async commit(client: Client, writer: number, turn: number): Promise<void> {
    const note = `${writer}.${turn}`;
    const operations = ['a', 'b'].map((half) => ({
      type: 'put' as const,
      path: `/load/${writer}/${half}`,
      value: note,
    }));
    try {
      const { revision } = await client.commit({ operations, note, timeoutMs: 60_000 });
      this.acknowledged.set(note, revision);
    } catch (error) {
      if (!(error instanceof ConferError)) throw error;
      if (error.code === 'unavailable') this.refused.add(note);
      else if (error.code === 'outcome_unknown') this.unknown++;
      else throw error;
      await new Promise((resume) => setTimeout(resume, 20));
    }
  }

  /** Each write is in history once and whole: those acknowledged where they were told, none that was refused. */
  expectAccounted(commits: readonly Commit[]): void {
    const revisions = new Map<string, number>();
    let last = 0;
    for (const { revision, note = '', changes } of commits) {
      expect(revision, note).toBeGreaterThan(last);
      last = revision;
      expect(revisions.has(note), `${note} was made once`).toBe(false);
      expect(changes, `${note} is whole`).toHaveLength(2);
      expect(this.refused.has(note), `${note} was refused`).toBe(false);
      revisions.set(note, revision);
    }
    for (const [note, revision] of this.acknowledged)
      expect(revisions.get(note), note).toBe(revision);
  }
}

describe.skipIf(clusterProblem !== undefined)(
  'three members and two gateways (where etcd is installed)',
  () => {
    it('S1 S3 S4 S5 W1 W2 W3 W4 W5 W7 W9 lose and double nothing, whatever part of them fails', {
      timeout: isLong ? 900_000 : 120_000,
    }, async () => {
      await withCluster({ gateways: 2 }, async (cluster) => {
        const random = new SeededRandom(seed);
        const recorder = new Recorder();
        const reader = cluster.client();
        const { epoch, revision: from } = await reader.serverStatus();
        const mirrors = cluster.gateways.map(({ url }, i) =>
          recorder.mirror(cluster.client([url, ...cluster.urls]), i === 0 ? '/' : '/load/1'),
        );
        await (await recorder.watch(reader, '/load')).started();
        const told = new Told();
        const writers = Array.from({ length: WRITERS }, (_, writer) => {
          const urls = writer % 2 === 0 ? cluster.urls : cluster.urls.toReversed();
          const client = cluster.client(urls);
          return new Load((turn) => told.commit(client, writer, turn));
        });
        const happened: string[] = [];
        for (let round = 0; round < ROUNDS; round++) {
          const enough = told.acknowledged.size + random.int(20, 200);
          await until('writes are acknowledged', () => told.acknowledged.size >= enough, 40_000);
          const fault = random.pick(Object.keys(FAULTS));
          happened.push(fault);
          await FAULTS[fault]?.(cluster, random);
        }
        await Promise.all(writers.map((writer) => writer.end()));
        const { revision } = await reader.commit({
          operations: ['a', 'b'].map((half) => ({
            type: 'put',
            path: `/load/last/${half}`,
            value: 'x',
          })),
          note: 'the last',
        });
        for (const { url } of cluster.gateways) {
          const commits = await historyOf(cluster.client([url]), epoch, from, revision);
          told.expectAccounted(commits);
          await Promise.all(
            mirrors.map((mirror) => mirror.waitFor(revision, { timeoutMs: 20_000 })),
          );
          recorder.expectTruth(epoch, commits.map(asWrite));
        }
        report('faults of a cluster', {
          seed,
          happened,
          acknowledged: told.acknowledged.size,
          refused: told.refused.size,
          unknown: told.unknown,
        });
      });
    });
  },
);
