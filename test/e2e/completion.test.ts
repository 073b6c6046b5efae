import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect } from '@confer/client';
import { createServer, type Server } from '@confer/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { confer } from '../support/process.ts';
import { canMakeTerminals, isInstalled, Pty } from '../support/pty.ts';

const CLI = fileURLToPath(new URL('../../cli/dist/main.js', import.meta.url));

/**
 * The command, asked again where it says nothing: on a busy machine the time of a completion is up before its process
 * has begun, and what shells make of an answer is another question. Of the server that is not there it asks once.
 */
const patientConfer = `#!/bin/sh
confer() { "${process.execPath}" "${CLI}" "$@"; }
[ "$1" = __complete ] || { confer "$@"; exit; }
case "$*" in *127.0.0.1:1*) exec "${process.execPath}" "${CLI}" "$@" ;; esac
for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  said=$(confer "$@")
  [ -z "$said" ] || break
done
printf '%s\\n' "$said"
`;

let server: Server;
let directory = '';
let env: Record<string, string> = {};

beforeAll(async () => {
  server = await createServer({ engine: 'memory', port: 0, transport: 'ws' });
  const client = connect(server.url);
  const paths = ['/shop/a b', '/shop/c:d', "/shop/it's", '/shop/q"$x', '/solo/only/one'];
  await client.commit({ operations: paths.map((path) => ({ type: 'put', path, value: 'x' })) });
  await client.close();
  directory = mkdtempSync(join(tmpdir(), 'confer-shell-'));
  const bin = join(directory, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'confer'), patientConfer);
  chmodSync(join(bin, 'confer'), 0o755);
  writeFileSync(join(directory, 'shop file.yaml'), '');
  env = {
    PATH: `${bin}${delimiter}${process.env.PATH ?? ''}`,
    CONFER_URL: server.url,
    HOME: directory,
  };
});
afterAll(async () => {
  await server.close();
  rmSync(directory, { recursive: true });
});

/** What is typed, with tabs, and what the command then gets. */
const CASES: readonly (readonly [typed: string, args: readonly string[]])[] = [
  ['confer stat\t', ['status']],
  ['confer get /sol\t\t\t', ['get', '/solo/only/one']],
  ['confer get /shop/a\t', ['get', '/shop/a b']],
  ['confer get /shop/a\\ \t', ['get', '/shop/a b']],
  ['confer get "/shop/a \t', ['get', '/shop/a b']],
  ['confer get /shop/c:\t', ['get', '/shop/c:d']],
  ['confer get /shop/it\t', ['get', "/shop/it's"]],
  ['confer get /shop/q\t', ['get', '/shop/q"$x']],
  ['confer import x --at /sol\t', ['import', 'x', '--at', '/solo/']],
  ['confer import x --at=/sol\t', ['import', 'x', '--at=/solo/']],
  ['confer export /shop/c -o js\t', ['export', '/shop/c', '-o', 'json']],
  ['confer --url http://127.0.0.1:1 get /sol\t', ['--url', 'http://127.0.0.1:1', 'get', '/sol']],
];

interface Shell {
  readonly name: string;
  readonly command: string;
  /** Loads the script, and has the command print what it gets: `<get></a>`. */
  readonly init: string;
}
const SHELLS: readonly Shell[] = [
  {
    name: 'bash',
    command: 'bash --norc --noprofile -i',
    init: `eval "$(confer completion bash)"; confer() { printf '<%s>' "$@"; echo; }`,
  },
  {
    name: 'zsh',
    command: 'zsh -f -i',
    init: `autoload -Uz compinit; compinit -D -u; eval "$(confer completion zsh)"; confer() { printf '<%s>' "$@"; echo }`,
  },
  {
    name: 'fish',
    command: 'fish --no-config -i',
    init: `confer completion fish | source; function confer; printf '<%s>' $argv; echo; end`,
  },
];

describe.each(SHELLS)('in $name', ({ name, command, init }) => {
  const isHere = canMakeTerminals && isInstalled(name);

  it.skipIf(!isHere)(
    `completion puts what was meant onto the command line, whatever is in it (where script and the shell are installed)`,
    async () => {
      const shell = new Pty(command, env);
      try {
        shell.type(`${init}; echo rea""dy\n`);
        await shell.saw('\nready');
        for (const [typed, args] of CASES) {
          const after = shell.output.length;
          shell.type(typed);
          shell.type('\n');
          await shell.saw(`\n${args.map((arg) => `<${arg}>`).join('')}\r\n`, after);
        }
      } finally {
        await shell.kill();
      }
    },
    120_000,
  );
});

describe('what a shell asks', () => {
  it('is answered with nothing where the server never answers, and before anybody waits', async () => {
    const silent = createTcpServer(() => {}).listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    const { port } = silent.address() as AddressInfo;
    const startedAt = Date.now();
    const asked = await confer(['__complete', 'bash', '--', 'confer get /', ''], {
      url: `http://127.0.0.1:${port}`,
    });
    expect(asked).toEqual({ code: 0, stdout: '', stderr: '' });
    // The start of a process takes a part of it, on a busy machine most of it.
    expect(Date.now() - startedAt).toBeLessThan(8_000);
    silent.close();
  });
});
