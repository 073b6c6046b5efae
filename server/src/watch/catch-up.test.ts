import type { DownMessage } from '@confer/shared';
import { describe, expect, it, vi } from 'vitest';
import { RawClient } from '../test-support/raw-client.ts';
import { type Scene, startCore } from '../test-support/scene.ts';

/** Too long for one page, and with texts whose UTF-8 is longer than they are. */
const VALUES = ['x'.repeat(200_000), '"größe"\n\u{1f600}', '\u20ac'.repeat(400_000), '', 'end'];

async function filled(): Promise<Scene> {
  const harness = startCore();
  for (const [i, value] of VALUES.entries()) await harness.put(`/app/${i}`, value);
  return harness;
}

/** All that a reader is sent who comes, gets what there is, and goes. */
async function readOnce(harness: Scene): Promise<readonly DownMessage[]> {
  const client = RawClient.open(harness.core);
  client.send({ type: 'watch', id: 1, path: '/app', mode: 'state' });
  await harness.settle();
  client.vanish();
  return client.received;
}

describe('W10 pages that bring a watch up to date', () => {
  it('W7 hold every entry as it is, and are closed when they are large', async () => {
    const harness = await filled();
    const received = await readOnce(harness);
    const pages = received.filter((message) => message.type === 'snapshot');
    expect(pages.map(({ entries }) => entries.length)).toEqual([3, 2]);
    expect(pages.flatMap(({ entries }) => entries)).toEqual([
      ...harness.engine.reads.scan({ subtree: '/app', at: harness.engine.reads.revision }),
    ]);
  });

  it('are made once for readers that come one after the other', async () => {
    const harness = await filled();
    const first = await readOnce(harness);
    const scans = vi.spyOn(harness.engine.reads, 'scanTexts');
    expect(await readOnce(harness)).toEqual(first);
    expect(scans).not.toHaveBeenCalled();
    await harness.put('/app/5', 'new');
    const after = await readOnce(harness);
    expect(after.filter(({ type }) => type === 'snapshot')).toMatchObject([
      { revision: VALUES.length + 1 },
      { revision: VALUES.length + 1, entries: [{}, {}, { path: '/app/5', value: 'new' }] },
    ]);
  });
});
