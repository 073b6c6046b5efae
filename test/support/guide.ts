import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir, userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createServer } from '@confer/server';
import { expect } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** Times differ with each run, and so does who runs it: in guides that is Ada, on a machine named shop. */
const TIME = /\d{4}-\d\d-\d\dT[\d:.]+Z/g;

/** Where the server of a guide is. */
const URL_OF_GUIDE = 'http://127.0.0.1:7480';

/** The commands of a guide in their order, each with the lines that it shows below. */
function commandsOf(guide: string): { command: string; shown: string[] }[] {
  const blocks = [...guide.matchAll(/^```console\n([\s\S]*?)^```$/gm)].map(([, block]) => block);
  return blocks.flatMap((block = '') =>
    [...block.matchAll(/^\$ (.*)\n((?:(?!\$ ).*\n)*)/gm)].map(([, command = '', shown = '']) => ({
      command,
      shown: shown.split('\n').filter((line) => line !== ''),
    })),
  );
}

/** What a shell prints on both streams, in the order of the guide: people see one. */
function run(command: string, cwd: string, env: Record<string, string>): Promise<string> {
  const shell = spawn('/bin/sh', ['-c', `${command} 2>&1`], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  shell.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  return new Promise((resolve) => shell.once('close', () => resolve(said)));
}

/**
 * Runs the commands of a guide on a server of its own, in a directory with some files, and looks that each line that
 * it shows is one of those that are printed; `...` stands for any.
 */
export async function followGuide(
  guide: string,
  {
    files,
    knowsServer = false,
  }: {
    readonly files: Readonly<Record<string, string>>;
    /** Its commands need not name the server. */
    readonly knowsServer?: boolean;
  },
): Promise<number> {
  const server = await createServer({ engine: 'memory', port: 0, transport: 'ws' });
  const directory = mkdtempSync(join(tmpdir(), 'confer-guide-'));
  try {
    const bin = join(directory, 'bin');
    for (const folder of [bin, join(directory, 'config')]) mkdirSync(folder);
    const script = `#!/bin/sh\nexec "${process.execPath}" "${root}cli/dist/main.js" "$@"\n`;
    writeFileSync(join(bin, 'confer'), script);
    chmodSync(join(bin, 'confer'), 0o755);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
    const env = {
      ...{ PATH: `${bin}${delimiter}${process.env.PATH ?? ''}`, HOME: directory },
      ...(knowsServer ? { CONFER_URL: server.url } : {}),
    };
    const all = commandsOf(guide);
    for (const { command, shown } of all) {
      const here = command.replaceAll(URL_OF_GUIDE, server.url);
      const said = (await run(here, directory, env))
        .replaceAll(server.url, URL_OF_GUIDE)
        .replaceAll(/node \S+main\.js/g, 'confer')
        .replaceAll(TIME, 'TIME')
        .replaceAll(`${userInfo().username}@${hostname()}`, 'ada@shop')
        .split('\n');
      for (const line of shown.map((each) => each.replaceAll(TIME, 'TIME')))
        if (!isShown(line, said)) expect(said, command).toContain(line);
    }
    return all.length;
  } finally {
    await server.close();
    rmSync(directory, { recursive: true });
  }
}

/** The text of a page of this repository. */
export function pageOf(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

function isShown(line: string, said: readonly string[]): boolean {
  if (!line.endsWith('...')) return said.includes(line);
  return said.some((one) => one.startsWith(line.slice(0, -3)));
}
