import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createServer } from '@confer/server';
import { expect, onTestFinished, test } from 'vitest';
import { confer, Program } from '../support/process.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const guide = readFileSync(join(root, 'docs/applications.md'), 'utf8');

/** A block of the guide, with what it shows below it. */
interface Block {
  readonly language: string;
  readonly text: string;
  readonly shown: string;
}

function* blocks(): Generator<Block> {
  const fence = /^```(console|js)\n([\s\S]*?)^```\n(?:```text\n([\s\S]*?)^```$)?/gm;
  for (const [, language = '', text = '', shown = ''] of guide.matchAll(fence))
    yield { language, text, shown };
}

/** All programs of the guide as one, which says where each block ends and waits there for a line. */
function program(url: string): string {
  const parts = [...blocks()].flatMap(({ language, text }) => (language === 'js' ? [text] : []));
  const imports = parts.flatMap((part) => part.match(/^import .*$/gm) ?? []);
  const bodies = parts.map((part) => part.replace(/^import .*$/gm, ''));
  const pause = `
    await new Promise((resolve) => setImmediate(resolve));
    console.log('--- end of block');
    await new Promise((resolve) => process.stdin.once('data', resolve));`;
  const joined = [
    ...imports,
    ...bodies.map((body) => `${body}\n${pause}`),
    'process.stdin.pause();',
  ];
  return joined.join('\n').replaceAll('http://127.0.0.1:7480', url);
}

test('the guide for applications shows what its programs and commands really say', async () => {
  const server = await createServer({ engine: 'memory', port: 0 });
  onTestFinished(() => server.close());
  const directory = mkdtempSync(join(root, 'test/node_modules/guide-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const script = join(directory, 'guide.mjs');
  const kept = `fileSnapshot('${join(directory, 'kept')}'`;
  writeFileSync(script, program(server.url).replace("fileSnapshot('kept'", kept));
  let running: Program | undefined;
  let ended = 0;
  let read = 0;
  for (const { language, text, shown } of blocks()) {
    if (language === 'console') {
      await runConsole(text, server.url);
      continue;
    }
    if (running === undefined) {
      running = new Program(script, []);
      const { child } = running;
      onTestFinished(() => void child.kill());
    } else running.write('go on\n');
    ended += 1;
    const marks = ended;
    const stdout = await running.saw((seen) =>
      seen.stdout.split('--- end of block\n').length > marks ? seen.stdout : undefined,
    );
    expect(stdout.slice(read).replace('--- end of block\n', '')).toBe(shown);
    read = stdout.length;
  }
  running?.write('end\n');
  expect(await running?.finished).toMatchObject({ code: 0, stderr: '' });
  expect(ended).toBeGreaterThan(5);
});

/** Each command, with the lines that are shown below it; what a program reports comes within a second. */
async function runConsole(text: string, url: string): Promise<void> {
  for (const [, command = '', shown = ''] of text.matchAll(
    /^\$ confer (.*)\n((?:(?!\$ ).*\n)*)/gm,
  )) {
    const args = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(
      ([, quoted, bare]) => quoted ?? bare ?? '',
    );
    const lines = shown.split('\n').filter((line) => line !== '' && line !== '...');
    await expect
      .poll(async () => (await confer(args, { url })).stdout.split('\n'), { timeout: 10_000 })
      .toEqual(expect.arrayContaining(lines));
  }
}
