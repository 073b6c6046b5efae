import { describe, expect, it } from 'vitest';
import { followGuide, pageOf } from '../support/guide.ts';

describe('the guide to the command line', () => {
  it('shows what its commands really say', async () => {
    const guide = pageOf('docs/cli.md');
    const file = /\$ cat config\/shop\.yaml\n([^$]*)/.exec(guide)?.[1] ?? '';
    expect(await followGuide(guide, { files: { 'config/shop.yaml': file } })).toBeGreaterThan(15);
  }, 60_000);
});
