import { describe, expect, it } from 'vitest';
import { followGuide, pageOf } from '../support/guide.ts';

describe('a guide to the command line shows what its commands really say', () => {
  it('of all commands', async () => {
    const guide = pageOf('docs/cli.md');
    const file = /\$ cat config\/shop\.yaml\n([^$]*)/.exec(guide)?.[1] ?? '';
    expect(await followGuide(guide, { files: { 'config/shop.yaml': file } })).toBeGreaterThan(15);
  }, 60_000);

  it('of watching a server', async () => {
    const guide = pageOf('docs/watching-a-server.md');
    expect(await followGuide(guide, { files: {}, knowsServer: true })).toBe(7);
  }, 60_000);

  it('of the past', async () => {
    const guide = pageOf('docs/history.md');
    expect(await followGuide(guide, { files: {}, knowsServer: true })).toBeGreaterThan(15);
  }, 60_000);

  it('of being told of changes by HTTP', async () => {
    const guide = pageOf('docs/http-watch.md');
    const reader = /^```js\n([\s\S]*?)^```$/m.exec(guide)?.[1] ?? '';
    expect(await followGuide(guide, { files: { 'reader.mjs': reader } })).toBeGreaterThan(7);
  }, 60_000);

  it('of HTTP, with curl', async () => {
    const guide = pageOf('docs/http.md');
    expect(await followGuide(guide, { files: {} })).toBeGreaterThan(15);
  }, 60_000);
});
