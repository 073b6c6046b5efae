import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { confer, type GuardedScene, startGuardedServer } from '../scene.contract.ts';

/** A token in a file, and how long a command with it takes to see a change. */
async function startWatching(): Promise<{ scene: GuardedScene; file: string }> {
  const scene = await startGuardedServer();
  const directory = mkdtempSync(join(tmpdir(), 'confer-token-'));
  onTestFinished(async () => {
    await scene.close();
    rmSync(directory, { recursive: true, force: true });
  });
  await scene.run(['role', 'set', 'reader', '--allow', 'read:/a']);
  const file = join(directory, 'w.token');
  await scene.run(['token', 'create', 'w', '--role', 'reader', '--out', file]);
  return { scene, file };
}

test('a token that is put into the file is taken by the next connection of a command that runs', async () => {
  const { scene, file } = await startWatching();
  const stop = new AbortController();
  let heard = '';
  let told = () => {};
  const until = (text: string) =>
    new Promise<void>((resolve) => {
      told = () => {
        if (heard.includes(text)) resolve();
      };
      told();
    });
  const running = confer(['watch', '/a', '--token-file', file], {
    env: { CONFER_URL: scene.server.url },
    signal: stop.signal,
    onOutput: (out, err) => {
      heard = out + err;
      told();
    },
  });
  await until('watching /a from revision');
  const { out: other } = await scene.run(['token', 'create', 'w2', '--role', 'reader']);
  writeFileSync(file, other);
  await scene.run(['token', 'rm', 'w']);
  await until('connected to ');
  await scene.run(['set', '/a/b', '1']);
  await until('put     /a/b = 1');
  stop.abort('SIGINT');
  expect(await running).toMatchObject({ exitCode: 130 });
});
