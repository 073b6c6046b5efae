import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, connect } from '@confer/client';
import { type History, historyOf } from '@confer/client/history';
import { createServer, type Server, type ServerOptions } from '@confer/server';
import type { Operation } from '@confer/shared';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { EtcdProcess, etcdProblem } from '../../server/src/test-support/etcd-process.ts';
import { SeededRandom } from '../../shared/src/test-support/seeded-random.ts';
import { PastModel } from './past-model.ts';

const PATHS = ['/a', '/a/b', '/a/b/c', '/a/c', '/a-b', '/ab', '/é/x'];
const SUBTREES = ['/', '/a', '/a/b', '/ab', '/none'];
const SEEDS = process.env.CONFER_TEST_LONG === '1' ? [1, 2, 3, 4, 5, 6] : [1, 2];
const STEPS = 120;

const directory = mkdtempSync(join(tmpdir(), 'confer-past-model-'));
const problem = etcdProblem();
if (problem !== undefined) console.info(`skipped, the past of etcd: ${problem}`);
let stores = 0;

/** Where the data are, for as many servers as there are one after the other. */
async function optionsOf(
  engine: string,
): Promise<ServerOptions & { readonly end?: () => unknown }> {
  if (engine === 'memory') return { engine: 'memory' };
  if (engine === 'lmdb') return { engine: 'lmdb', dataDirectory: join(directory, `${++stores}`) };
  const [member] = await EtcdProcess.cluster(1);
  if (member === undefined) throw new Error('no etcd');
  return { engine: 'etcd', endpoints: [member.url], end: () => member.remove() };
}

/** A server with a client, random commits, and the model that knows what their past is. */
class Walk {
  readonly #options: ServerOptions;
  readonly #random: () => number;
  #server: Server;
  #client: Client;
  #history: History;
  #model: PastModel;
  /** Where history begins. */
  #compacted = 0;
  readonly did = { reverts: 0, refused: 0, restarts: 0 };

  constructor(options: ServerOptions, random: () => number, server: Server, model: PastModel) {
    this.#options = options;
    this.#random = random;
    this.#server = server;
    this.#client = connect(server.url, { client: { name: 'walker' } });
    this.#history = historyOf(this.#client);
    this.#model = model;
  }

  static async start(options: ServerOptions, seed: number): Promise<Walk> {
    const server = await createServer({ ...options, port: 0, transport: 'ws' });
    const client = connect(server.url);
    const { revision } = await client.serverStatus();
    await client.close();
    return new Walk(options, new SeededRandom(seed).next, server, new PastModel(revision));
  }

  async step(): Promise<void> {
    const dice = this.#random();
    if (dice < 0.6) await this.#commit();
    else if (dice < 0.85) await this.look();
    else if (dice < 0.95) await this.#revert();
    else if (dice < 0.98) await this.#compact();
    else await this.#restart();
  }

  async end(): Promise<void> {
    await this.#client.close();
    await this.#server.close();
  }

  /** Whatever is read of the past is what the model says. */
  async look(): Promise<void> {
    const at = this.#pick(this.#model.revisions);
    const subtree = this.#pick(SUBTREES);
    const path = this.#pick(PATHS);
    expect((await this.#client.get(path, { at }))?.modRevision).toBe(
      this.#model.stateAt(at).get(path)?.modRevision,
    );
    await this.#lookAtLog(at, subtree);
    await this.#lookAtVersions(at, path);
    const to = this.#pick(this.#model.revisions);
    const differences: unknown[] = [];
    for await (const one of this.#history.difference(subtree, { from: at, to }))
      differences.push({ path: one.path, before: one.before?.value, after: one.after?.value });
    expect(differences).toEqual(
      this.#model.difference(this.#model.stateAt(at), this.#model.stateAt(to), subtree),
    );
  }

  async #lookAtLog(at: number, subtree: string): Promise<void> {
    const expected = this.#model.commits
      .filter((revision) => revision <= at)
      .reverse()
      .map((revision) => ({
        revision,
        note: this.#model.noteOf(revision),
        changes: this.#model.changesOf(revision, subtree),
      }))
      .filter(({ changes }) => changes.length > 0);
    const log = this.#history.log(subtree, { at, values: true });
    const seen: unknown[] = [];
    for await (const { revision, note, changes } of log)
      seen.push({
        ...{ revision, note },
        changes: changes.map((change) => ({
          path: change.path,
          before: change.prev?.value,
          after: change.type === 'put' ? change.entry?.value : undefined,
        })),
      });
    expect(seen).toEqual(expected);
    expect(log.compactedRevision).toBe(this.#compacted);
  }

  async #lookAtVersions(at: number, path: string): Promise<void> {
    const changed = this.#model.commits
      .filter((revision) => revision <= at)
      .reverse()
      .flatMap((revision) =>
        this.#model
          .changesOf(revision, path)
          .filter((change) => change.path === path)
          .map(({ after }) => [revision, after]),
      );
    const begin = this.#model.oldest.state.get(path);
    const versions: unknown[] = [];
    for await (const version of this.#history.versions(path, { at }))
      versions.push([version.revision, version.type === 'put' ? version.entry.value : undefined]);
    expect(versions).toEqual([
      ...changed,
      ...(begin === undefined ? [] : [[begin.modRevision, begin.value]]),
    ]);
  }

  async #commit(): Promise<void> {
    const operations = Array.from({ length: 1 + this.#below(4) }, () => this.#operation());
    const note = `n${this.#below(1_000)}`;
    const done = await this.#client.commit({ operations, note });
    if (done.puts + done.deletes > 0) this.#model.commit(operations, done.revision, note);
  }

  async #revert(): Promise<void> {
    const path = this.#pick(SUBTREES);
    const known = this.#model.commits.filter(
      (each) => this.#model.changesOf(each, path).length > 0,
    );
    if (this.#random() < 0.4 || known.length === 0) return this.#goBack(path);
    const commit = this.#pick(known);
    const expected = this.#model.revert(commit, path);
    const plan = await this.#history.planRevert({ commit, path });
    expect(plan.steps.map((step) => step.path)).toEqual(expected.steps.map((step) => step.path));
    expect(plan.later.map((each) => each.path).sort()).toEqual(expected.later.sort());
    if (plan.later.length > 0) {
      await expect(this.#history.revert(plan)).rejects.toMatchObject({ code: 'conflict' });
      this.did.refused++;
    }
    const { revision, puts, deletes } = await this.#history.revert(plan, { force: true });
    if (puts + deletes === 0) return;
    this.did.reverts++;
    const note = `revert of revision ${commit}: ${this.#model.noteOf(commit)}`;
    this.#model.commit(expected.steps.map(operationOf), revision, note);
  }

  async #goBack(path: string): Promise<void> {
    const to = this.#pick(this.#model.revisions);
    const steps = this.#model.difference(this.#model.newest.state, this.#model.stateAt(to), path);
    const plan = await this.#history.planRevert({ to, path });
    expect(plan.steps.map((step) => step.path)).toEqual(steps.map((step) => step.path));
    const { revision, puts, deletes } = await this.#history.revert(plan);
    if (puts + deletes === 0) return;
    this.did.reverts++;
    this.#model.commit(steps.map(operationOf), revision, `revert of ${path} to revision ${to}`);
  }

  async #compact(): Promise<void> {
    const revision = this.#pick(this.#model.revisions);
    const before = this.#compacted;
    const { compactedRevision } = await this.#client.compact(revision);
    expect(compactedRevision).toBe(Math.max(before, revision));
    this.#compacted = compactedRevision;
    this.#model.compact(revision);
    if (before < revision)
      for (const read of [
        () => this.#client.get('/a', { at: before }),
        () => this.#history.versions('/a', { at: before }).next(),
        () => this.#history.log('/', { at: before }).next(),
        () => this.#history.planRevert({ to: before, path: '/' }),
      ])
        await expect(read()).rejects.toMatchObject({ code: 'compacted' });
  }

  async #restart(): Promise<void> {
    if (this.#options.engine !== 'lmdb') return;
    this.did.restarts++;
    await this.end();
    this.#server = await createServer({ ...this.#options, port: 0, transport: 'ws' });
    this.#client = connect(this.#server.url, { client: { name: 'walker' } });
    this.#history = historyOf(this.#client);
  }

  #operation(): Operation {
    const path = this.#pick(PATHS);
    if (this.#random() < 0.6) return { type: 'put', path, value: String(this.#below(4)) };
    if (this.#random() < 0.5) return { type: 'delete', path };
    return { type: 'delete', path: this.#random() < 0.2 ? '/' : path, recursive: true };
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  #pick<Item>(items: readonly Item[]): Item {
    const item = items[this.#below(items.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }
}

function operationOf({ path, after }: { path: string; after: string | undefined }): Operation {
  return after === undefined ? { type: 'delete', path } : { type: 'put', path, value: after };
}

describe('S2 the past, and what is taken back of it,', () => {
  const ends: (() => unknown)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  describe.each(['memory', 'lmdb', ...(problem === undefined ? ['etcd'] : [])])(
    'on %s',
    (engine) => {
      it.each(SEEDS)('is what a model with a Map for each revision says, seed %i', async (seed) => {
        const { end, ...options } = await optionsOf(engine);
        const walk = await Walk.start(options, seed);
        for (let step = 0; step < STEPS; step++) await walk.step();
        await walk.look();
        await walk.end();
        await end?.();
        expect(walk.did.reverts).toBeGreaterThan(2);
        expect(walk.did.refused).toBeGreaterThan(0);
      });
    },
  );
});
