import { describe, expect, it } from 'vitest';
import { followGuide, pageOf } from '../support/guide.ts';

const files = {
  'config/backend.yaml': 'port: 8080\nhosts: [a, b]\n',
  'config/motd.yaml': 'hello\n',
  'config/limits.json': '{ "rate": 5 }',
};

describe('the guide to backups', () => {
  it('shows what its commands really say', async () => {
    const guide = pageOf('docs/backup.md');
    expect(await followGuide(guide, { files, knowsServer: true })).toBeGreaterThan(6);
  }, 60_000);
});
