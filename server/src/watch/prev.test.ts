import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DownMessage, WatchMode } from '@confer/shared';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { Core } from '../core.ts';
import type { Engine } from '../engine/engine.ts';
import { openLmdbEngine } from '../engine/lmdb/open.ts';
import { systemRuntime } from '../runtime.ts';
import { RawClient } from '../test-support/raw-client.ts';

const temporary = mkdtempSync(join(tmpdir(), 'confer-prev-'));
afterAll(() => rmSync(temporary, { recursive: true }));

/** Longer values are kept apart from the row of their entry, and go with history. */
const long = (text: string) => text.padEnd(5_000, '.');

let stop: (() => Promise<void>) | undefined;
afterEach(async () => {
  await stop?.();
  stop = undefined;
});

let names = 0;

async function serve(directory = join(temporary, String(names++))) {
  const engine = await openLmdbEngine({ directory, ...systemRuntime });
  const core = new Core({ engine, runtime: systemRuntime, log: () => {}, watchesMax: 10 });
  stop = () => core.stop();
  return { engine, core };
}

async function put(engine: Engine, path: string, value: string): Promise<number> {
  const operations = [{ type: 'put', path, value } as const];
  const requestId = `r${names++}`;
  return (await engine.writes.commit({ operations, conditions: [], actor: 'ann', requestId }))
    .revision;
}

/** A watch that is told what was there before, once it has all that there is. */
async function watching(core: Core, mode: WatchMode, prev = true): Promise<RawClient> {
  const client = RawClient.open(core);
  client.send({ type: 'watch', id: 1, path: '/app', mode, prev });
  const ready = mode === 'state' ? 'synced' : 'watching';
  await came(client, ready);
  client.received.length = 0;
  return client;
}

function came(client: RawClient, type: DownMessage['type']): Promise<void> {
  return vi.waitFor(() => expect(client.received.map((message) => message.type)).toContain(type));
}

/** What a watch was told of, as `value after value before`. */
function told(client: RawClient): string[] {
  return client.received.flatMap((message) =>
    message.type === 'commits'
      ? message.commits.flatMap(({ changes }) =>
          changes.flatMap((change) => {
            if (change.type === 'clear') return [];
            const now = change.type === 'put' ? change.value : 'nothing';
            return [`${bare(now)} after ${bare(change.prev?.value ?? 'nothing')}`];
          }),
        )
      : [],
  );
}

const bare = (value: string) => value.replace(/\.+$/, '');

/** A connection that takes one frame, and then nothing more until it drains. */
async function fallBehind(client: RawClient, engine: Engine, values: readonly string[]) {
  client.answer = 'buffered';
  for (const value of values) await put(engine, '/app/a', value);
}

describe('a watch with `prev` of long values', () => {
  it('W3 is told live what each change replaced', async () => {
    const { engine, core } = await serve();
    await put(engine, '/app/a', long('1'));
    const client = await watching(core, 'events');
    await Promise.all(['2', '3'].map((value) => put(engine, '/app/a', long(value))));
    await put(engine, '/app/a', 'short');
    await vi.waitFor(() =>
      expect(told(client)).toEqual(['2 after 1', '3 after 2', 'short after 3']),
    );
  });

  it('W3 that was behind is told what each change replaced, however often that was replaced again', async () => {
    const { engine, core } = await serve();
    const client = await watching(core, 'events');
    await fallBehind(client, engine, ['1', '2', '3', '4'].map(long));
    client.drain();
    const expected = ['1 after nothing', '2 after 1', '3 after 2', '4 after 3'];
    await vi.waitFor(() => expect(told(client)).toEqual(expected));
  });

  it('W3 is told `compacted` where it was behind and a compaction took what it is owed', async () => {
    const { engine, core } = await serve();
    const client = await watching(core, 'events');
    const plain = await watching(core, 'events', false);
    for (const one of [client, plain]) one.answer = 'buffered';
    for (const value of ['1', '2', '3', '4']) await put(engine, '/app/a', long(value));
    await engine.maintenance.compact(3);
    for (const one of [client, plain]) one.drain();
    await came(client, 'compacted');
    expect(told(client)).toEqual(['1 after nothing']);
    expect(client.received.at(-1)).toMatchObject({ compactedRevision: 3, reason: 'compacted' });
    expect(client.closed).toBeUndefined();
    // Who does not ask for it misses nothing.
    const expected = ['1', '2', '3', '4'].map((value) => `${value} after nothing`);
    await vi.waitFor(() => expect(told(plain)).toEqual(expected));
    expect(engine.health.current).toEqual({ kind: 'well' });
  });

  it('W5 goes on with the difference where it shows a state', async () => {
    const { engine, core } = await serve();
    await put(engine, '/app/a', long('0'));
    const client = await watching(core, 'state');
    await fallBehind(client, engine, ['1', '2', '3', '4'].map(long));
    await engine.maintenance.compact(4);
    client.drain();
    await came(client, 'synced');
    expect(client.received).toMatchObject([
      { type: 'commits' },
      { type: 'difference', changes: [{ entry: { value: long('4') } }] },
      { type: 'synced', by: 'difference', revision: 5 },
    ]);
    expect(client.closed).toBeUndefined();
  });

  it('is ended where what was replaced is damaged, and neither the writer nor others are', async () => {
    const directory = join(temporary, String(names++));
    const first = await serve(directory);
    await put(first.engine, '/app/a', long('a value worth keeping'));
    await first.core.stop();
    const { engine, core } = await serve(directory);
    const [asking, plain] = [await watching(core, 'events'), await watching(core, 'events', false)];
    damage(join(directory, 'data.mdb'), 'worth keeping');
    expect(await put(engine, '/app/a', long('new'))).toBe(2);
    await vi.waitFor(() => expect(told(plain)).toEqual(['new after nothing']));
    await vi.waitFor(() => expect(asking.closed?.reason).toMatch(/\/app\/a.* is damaged/));
    expect(told(asking)).toEqual([]);
    expect(await put(engine, '/app/a', long('newer'))).toBe(3);
  });
});

function damage(file: string, text: string): void {
  const at = readFileSync(file).indexOf(text);
  expect(at).toBeGreaterThan(0);
  const descriptor = openSync(file, 'r+');
  writeSync(descriptor, '#', at);
  closeSync(descriptor);
}
