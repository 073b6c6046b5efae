import type { DownMessage } from '@confer/shared';
import { describe, expect, it, vi } from 'vitest';
import { RawClient } from '../test-support/raw-client.ts';
import { type Scene, startCore } from '../test-support/scene.ts';

/** Too long for one page, and with texts whose UTF-8 is longer than they are. */
const VALUES = ['x'.repeat(200_000), '"größe"\n\u{1f600}', '\u20ac'.repeat(300_000), '', 'end'];

async function filled(): Promise<Scene> {
  const scene = await startCore();
  for (const [i, value] of VALUES.entries()) await scene.put(`/app/${i}`, value);
  return scene;
}

/** All that a reader is sent who comes, gets what there is, and goes. */
async function readOnce(scene: Scene): Promise<readonly DownMessage[]> {
  const client = RawClient.open(scene.core);
  client.send({ type: 'watch', id: 1, path: '/app', mode: 'state' });
  await scene.settle();
  client.vanish();
  return client.received;
}

describe('W10 pages that bring a watch up to date', () => {
  it('W7 hold every entry as it is, and are closed when they are large', async () => {
    const scene = await filled();
    const received = await readOnce(scene);
    const pages = received.filter((message) => message.type === 'snapshot');
    expect(pages.map(({ entries }) => entries.length)).toEqual([3, 2]);
    expect(pages.flatMap(({ entries }) => entries)).toEqual([
      ...scene.engine.reads.scan({ subtree: '/app', at: scene.engine.reads.revision }),
    ]);
  });

  it('are made once for readers that come one after the other', async () => {
    const scene = await filled();
    const first = await readOnce(scene);
    const scans = vi.spyOn(scene.engine.reads, 'scanTexts');
    expect(await readOnce(scene)).toEqual(first);
    expect(scans).not.toHaveBeenCalled();
    const revision = await scene.put('/app/5', 'new');
    const after = await readOnce(scene);
    expect(after.filter(({ type }) => type === 'snapshot')).toMatchObject([
      { revision },
      { revision, entries: [{}, {}, { path: '/app/5', value: 'new' }] },
    ]);
  });
});
