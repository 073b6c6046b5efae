import type { Operation } from '@confer/client';
import { describe, expect, it } from 'vitest';
import type { ModelWrite } from '../model/model.ts';
import { isLong } from '../support/extent.ts';
import { DEFAULT_TRANSPORT, FAULTY_TRANSPORTS } from '../support/transports.ts';
import type { Direction, FaultProxy } from './proxy.ts';
import { Recorder } from './recorder.ts';
import { report, type ServerSettings, until, withScene } from './scene.ts';

/** What happens while the connection is away: overwrites, comes, goes, and a commit of several. */
function backlog(round: number): Operation[][] {
  const put = (path: string): Operation => ({ type: 'put', path, value: `round ${round}` });
  return [
    [put('/shop/kept')],
    [put('/shop/a'), put('/shop/b/c'), put('/elsewhere')],
    [{ type: 'delete', path: '/shop/b', recursive: true }, put('/shop/kept')],
  ];
}

/** Resumes a mirror and an event watch over and over, each time cut off after some more bytes. */
async function cutEverywhere(settings: ServerSettings, stepBytes: number): Promise<void> {
  await withScene(async (scene) => {
    const server = await scene.server(settings);
    const proxy = await scene.proxy(server);
    const writer = scene.client(server.url);
    const client = scene.client(proxy.url);
    const recorder = new Recorder();
    const mirror = recorder.mirror(client, '/shop');
    const { epoch } = await mirror
      .ready()
      .then(() => recorder.watch(client, '/'))
      .then((watch) => watch.started());
    const all = recorder.mirror(client, '/');
    await all.ready();
    const writes: (ModelWrite & { readonly revision: number })[] = [];
    const newest = () => writes.at(-1)?.revision ?? 0;
    const cutAt = async (direction: Direction, afterBytes: number) => {
      proxy.cutAll({ refusing: true });
      await until('it is stale', () => all.status === 'stale');
      for (const operations of backlog(writes.length)) {
        const { revision } = await writer.commit({ operations });
        expect(revision).toBeGreaterThan(newest());
        writes.push({ operations, revision });
      }
      proxy.cutNext(direction, afterBytes);
      const isBack = () => all.status === 'live' && (all.revision ?? 0) >= newest();
      await until(`it is back from ${direction} ${afterBytes}`, isBack);
      await mirror.waitFor(newest());
    };
    const figures = await sweep(proxy, stepBytes, cutAt);
    await client.get('/shop');
    recorder.expectTruth(epoch, writes);
    report(`cuts of a resume over ${settings.transport}`, figures);
  });
}

/** Cuts at every `stepBytes` of what a resume takes without one. */
async function sweep(
  proxy: FaultProxy,
  stepBytes: number,
  cutAt: (direction: Direction, afterBytes: number) => Promise<void>,
): Promise<Record<string, number>> {
  await cutAt('down', Number.MAX_SAFE_INTEGER);
  const { up, down } = proxy.carried;
  let cuts = 0;
  for (const [direction, length] of [
    ['down', down],
    ['up', up],
  ] as const)
    for (let at = 0; at <= length; at += stepBytes) {
      const before = proxy.accepted;
      await cutAt(direction, at);
      if (proxy.accepted > before + 1) cuts += 1;
    }
  expect(cuts).toBeGreaterThan(20);
  return { bytesUp: up, bytesDown: down, stepBytes, cuts };
}

describe('W2 W3 W4 W5 W7 W9 a resume that is cut off after some bytes', () => {
  it.each(FAULTY_TRANSPORTS)(
    'goes on in the end with nothing lost, false or doubled, over %s',
    {
      timeout: isLong ? 600_000 : 60_000,
    },
    async (transport) => {
      const stepBytes = transport === DEFAULT_TRANSPORT ? 29 : 61;
      await cutEverywhere({ transport }, isLong ? 1 : stepBytes);
    },
  );
});
