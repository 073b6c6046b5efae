import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Server } from '@confer/server';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { confer as conferAt, type Surroundings, startServer } from '../scene.contract.ts';

let server: Server;
let directory = '';
let url = '';
beforeAll(async () => {
  server = await startServer();
  url = server.url;
});
afterAll(() => server.close());
beforeEach(async () => {
  await confer(['rm', '-r', '/', '--all', '-y']);
  directory = mkdtempSync(join(tmpdir(), 'confer-edit-test-'));
  return () => {
    // What edit keeps, it keeps.
    if (existsSync(join(directory, 'name')))
      rmSync(dirname(fileName()), { recursive: true, force: true });
    rmSync(directory, { recursive: true });
  };
});

const confer = (args: readonly string[], around: Surroundings = {}) =>
  conferAt(args, { ...around, env: { CONFER_URL: url, ...around.env } });
const ok = async (...args: readonly string[]) => {
  const ran = await confer(args);
  expect(ran.exitCode, ran.err).toBe(0);
  return ran.out;
};

/** An editor that runs one of these commands of a shell each time, on the file that is "$1"; then the last one. */
function editor(...turns: readonly string[]): string {
  const script = join(directory, 'editor');
  const cases = turns.map((turn, i) => `${i === turns.length - 1 ? '*' : i}) ${turn} ;;`);
  writeFileSync(
    script,
    `#!/bin/sh
turn=$(cat "${directory}/turn" 2>/dev/null || echo 0)
echo $((turn + 1)) > "${directory}/turn"
cp "$1" "${directory}/given-$turn"
printf '%s' "$1" > "${directory}/name"
case $turn in
${cases.join('\n')}
esac
`,
  );
  chmodSync(script, 0o755);
  return script;
}
const given = (turn: number) => readFileSync(join(directory, `given-${turn}`), 'utf8');
const fileName = () => readFileSync(join(directory, 'name'), 'utf8');
const edit = (path: string, script: string, around: Surroundings = {}, ...more: string[]) =>
  confer(['edit', path, ...more], {
    ...around,
    env: { EDITOR: script, PATH: process.env.PATH ?? '', NO_COLOR: '1', ...around.env },
  });

describe('edit', () => {
  test('gives a subtree to the editor as YAML, shows the changes, asks, and saves one commit', async () => {
    await ok('set', '/shop/port', '8080');
    await ok('set', '/shop/zip', '"8080"');
    const { revision } = JSON.parse(await ok('set', '/shop/db/host', 'a', '-o', 'json'));
    const script = editor(`sed -i 's/8080$/9090/; s/^db:/mail: on\\ndb:/; /zip/d' "$1"`);
    const { exitCode, out, err } = await edit('/shop', script, { answer: 'y' });
    expect({ exitCode, out }).toEqual({
      exitCode: 0,
      out: `saved 3 changes of /shop at revision ${revision + 1}\n`,
    });
    expect(err).toBe(
      '+ /shop/mail = on\n~ /shop/port = 8080 -> 9090\n- /shop/zip = "8080"\nsave 3 changes? [y/N, e to edit again] ',
    );
    expect(given(0)).toMatch(
      new RegExp(
        `^#\\| /shop at revision ${revision}, .*\n#\\| .*\ndb:\n {2}host: a\nport: 8080\nzip: "8080"\n$`,
      ),
    );
    expect(await ok('export', '/shop', '-o', 'env')).toBe('DB_HOST=a\nMAIL=on\nPORT=9090\n');
    expect(existsSync(fileName())).toBe(false);
  });

  test('gives the editor a file that nobody else can read, and takes it away with its directory', async () => {
    await ok('set', '/shop/secret', 'x');
    const script = editor(`stat -c %a "$1" "$(dirname "$1")" > "${directory}/modes"; exit 1`);
    await edit('/shop', script, {}, '-y');
    expect(readFileSync(join(directory, 'modes'), 'utf8')).toBe('600\n700\n');
    expect(existsSync(join(fileName(), '..'))).toBe(false);
  });

  test('edits one entry, whatever it holds, and keeps the type of what is written', async () => {
    await ok('set', '/motd', 'two\nlines\n');
    await edit('/motd', editor(`sed -i 's/two/three/' "$1"`), {}, '-y');
    expect(await ok('get', '/motd', '-o', 'raw')).toBe('three\nlines\n');
    await ok('set', '/n', '1');
    await edit('/n', editor(`printf '"1"' > "$1"`), {}, '-y');
    expect(await ok('get', '/n')).toBe('"1"\n');
  });

  test('does not touch what nobody changed, however it is spelt', async () => {
    await ok('set', '/a/x', '1.0');
    await ok('set', '/a/map', '{}');
    await ok('set', '/a/map/below', '[1, 2]');
    await ok('set', '/a/y', 'old');
    await edit('/a', editor(`sed -i 's/old/new/' "$1"`), {}, '-y');
    expect(await ok('get', '/a/x')).toBe('1.0\n');
    expect(await ok('get', '/a/map')).toBe('{}\n');
    expect(await ok('get', '/a/map/below')).toBe('[1, 2]\n');
    expect(await ok('get', '/a/y')).toBe('new\n');
  });

  test.each([
    ['true', 'nothing changed; nothing was written\n'],
    [`printf '# a comment\\n' >> "$1"`, 'nothing changed; nothing was written\n'],
    [': > "$1"', 'nothing was left; nothing was written (rm -r removes /a)\n'],
    ['echo --- > "$1"', 'nothing was left; nothing was written (rm -r removes /a)\n'],
    [`sed -i '/^[^#]/d' "$1"`, 'nothing was left; nothing was written (rm -r removes /a)\n'],
  ])('after %s in the editor writes nothing, and says so', async (turn, said) => {
    await ok('set', '/a/x', '1');
    const revision = await ok('status', '-o', 'json');
    expect(await edit('/a', editor(turn), { answer: 'y' })).toEqual({
      exitCode: 0,
      out: '',
      err: said,
    });
    expect(JSON.parse(await ok('status', '-o', 'json')).revision).toBe(
      JSON.parse(revision).revision,
    );
    expect(existsSync(fileName())).toBe(false);
  });

  test('writes nothing where the editor fails, is not there, or the answer is no', async () => {
    await ok('set', '/a/x', '1');
    const failed = await edit('/a', editor('echo x: 2 > "$1"; exit 3'), {}, '-y');
    expect(failed).toMatchObject({ exitCode: 1, err: expect.stringContaining('ended with 3') });
    expect(existsSync(fileName())).toBe(false);
    const missing = await edit('/a', 'no-such-editor', {}, '-y');
    expect(missing).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('hint: set VISUAL'),
    });
    const no = await edit('/a', editor('echo x: 2 > "$1"'), { answer: 'n' });
    expect(no).toMatchObject({ exitCode: 1, err: expect.stringContaining('error[declined]') });
    expect(await ok('get', '/a/x')).toBe('1\n');
  });

  test('takes VISUAL before EDITOR, and either with options', async () => {
    await ok('set', '/a/x', '1');
    const seen = join(directory, 'seen');
    const env = { VISUAL: `printf %s >${seen} one`, EDITOR: 'no-such-editor' };
    expect(await edit('/a', '', { answer: 'y', env })).toMatchObject({ exitCode: 0 });
    expect(readFileSync(seen, 'utf8')).toMatch(/^one\S*\/a\.yaml$/);
  });

  test('needs -y where nobody can be asked, something at the path, and a path', async () => {
    expect(await edit('/a', 'true')).toMatchObject({ exitCode: 2 });
    expect(await edit('/none', 'true', {}, '-y')).toMatchObject({ exitCode: 3, out: '' });
    expect(await edit('none', 'true', {}, '-y')).toMatchObject({ exitCode: 7 });
  });
});

describe('edit leads back into the editor', () => {
  test.each([
    ['x: [', 'flow', 'is no YAML'],
    ['x: 1\\nx: 2', 'the key "x" is there twice', 'has a key twice'],
    ['x: 1\\n---\\ny: 2', 'there is more than one YAML document', 'is two documents'],
    ['x: \\377', 'the file is not UTF-8', 'is no text'],
    ['..: 1\\n.confer: 2', '.confer belongs to the server', 'has what the server refuses'],
  ])('with the error on top where %j, and saves what was mended', async (bad, problem) => {
    await ok('set', '/a/x', '1');
    const script = editor(`printf '${bad}' > "$1"`, 'echo "x: 3" > "$1"');
    expect(await edit('/a', script, { answer: 'y' })).toMatchObject({ exitCode: 0 });
    expect(given(1)).toMatch(/^#\| error: .*\n#\| Nothing was written\. .*\n#\|\n/);
    expect(given(1).toLowerCase()).toContain(problem.toLowerCase());
    expect(await ok('get', '/a/x')).toBe('3\n');
  });

  test('with the line as the editor counts it', async () => {
    await ok('set', '/a/x', '1');
    await edit('/a', editor(`printf 'x: 1\\ny: 2\\nx: 3\\n' > "$1"`, 'true'), { answer: 'y' });
    const [, line] = /error: line (\d+): /.exec(given(1)) ?? [];
    expect(given(1).split('\n')[Number(line) - 1]).toBe('x: 3');
  });

  test('until somebody gives up: then it says where the text is kept, with the error', async () => {
    await ok('set', '/a/x', '1');
    const { exitCode, err } = await edit('/a', editor('echo "x: [" > "$1"', 'true'), {
      answer: 'y',
    });
    expect(exitCode).toBe(7);
    expect(err).toContain(`what you wrote is kept in ${fileName()}\nerror[invalid_file]: line `);
    expect(readFileSync(fileName(), 'utf8')).toContain('x: [');
    expect(statSync(fileName()).mode & 0o777).toBe(0o600);
  });

  test('not where there is no terminal: the text is kept: exit 7', async () => {
    await ok('set', '/a/x', '1');
    const { exitCode, err } = await edit('/a', editor('echo "x: [" > "$1"'), {}, '-y');
    expect(exitCode).toBe(7);
    expect(err).toContain('is kept in');
  });

  test('after an e, and asks again also where nothing changed any more', async () => {
    await ok('set', '/a/x', '1');
    const answers = ['e', 'y'];
    const answer = async () => answers.shift() ?? '';
    const script = editor('echo "x: 2" > "$1"', 'true');
    expect(await edit('/a', script, { answer })).toMatchObject({ exitCode: 0 });
    expect(await ok('get', '/a/x')).toBe('2\n');
  });
});

describe('edit, where somebody else wrote meanwhile', () => {
  /** The editor stands still while somebody else writes. */
  const meanwhile = (...commands: readonly (readonly string[])[]) => {
    let left = [...commands];
    return async () => {
      for (const command of left) await ok(...command);
      left = [];
      return 'y';
    };
  };

  test('shows both sides, and writes nothing over theirs before somebody decides', async () => {
    await ok('set', '/a/x', '1');
    await ok('set', '/a/y', '1');
    const script = editor('printf "x: mine\\ny: 1\\n" > "$1"', 'true');
    const answer = meanwhile(['set', '/a/x', 'theirs']);
    const { exitCode, err } = await edit('/a', script, { answer });
    expect(exitCode).toBe(4);
    expect(err).toContain('error[conflict]: somebody else changed /a/x meanwhile');
    expect(given(1)).toMatch(
      /\n#\| {3}\/a\/x\n#\| {5}before: 1\n#\| {5}theirs: "theirs" {3}by tester, revision \d+\n#\| {5}yours: {2}"mine"\n/,
    );
    expect(given(1)).toMatch(/\n#\|\nx: mine\ny: 1\n$/);
    expect(await ok('get', '/a/x')).toBe('theirs\n');
    expect(readFileSync(fileName(), 'utf8')).toContain('x: mine');
  });

  test('saves mine once the line about it is taken out, with what only they changed', async () => {
    for (const path of ['/a/x', '/a/y']) await ok('set', path, '1');
    const script = editor('printf "x: mine\\ny: 1\\n" > "$1"', `sed -i '/To save it as/d' "$1"`);
    const answer = meanwhile(
      ['set', '/a/x', 'theirs'],
      ['set', '/a/y', 'theirs'],
      ['set', '/a/z', '1'],
    );
    expect(await edit('/a', script, { answer })).toMatchObject({ exitCode: 0 });
    expect(await ok('export', '/a', '-o', 'env')).toBe('X=mine\nY=theirs\nZ=1\n');
  });

  test('asks for another decision where they change what was not shown', async () => {
    for (const path of ['/a/x', '/a/y']) await ok('set', path, '1');
    const script = editor(
      'printf "x: mine\\ny: 1\\n" > "$1"',
      'printf "x: mine\\ny: mine\\n" > "$1"',
      'true',
    );
    const answer = meanwhile(['set', '/a/x', 'theirs'], ['set', '/a/y', 'theirs']);
    expect(await edit('/a', script, { answer })).toMatchObject({ exitCode: 4 });
    expect(given(2)).toContain('/a/y');
    expect(given(2)).not.toContain('/a/x');
    expect(await ok('export', '/a', '-o', 'env')).toBe('X=theirs\nY=theirs\n');
  });

  test('takes what was there before both for a decision as well, and says when theirs is taken', async () => {
    for (const path of ['/a/x', '/a/y']) await ok('set', path, '1');
    const script = editor('printf "x: mine\\ny: 1\\n" > "$1"', 'printf "x: 1\\ny: 1\\n" > "$1"');
    const back = meanwhile(['set', '/a/x', 'theirs']);
    expect(await edit('/a', script, { answer: back })).toMatchObject({ exitCode: 0 });
    expect(await ok('get', '/a/x')).toBe('1\n');
    rmSync(join(directory, 'turn'));
    const giving = editor(
      'printf "x: mine\\ny: 1\\n" > "$1"',
      'printf "x: theirs\\ny: 1\\n" > "$1"',
    );
    const { err } = await edit('/a', giving, { answer: meanwhile(['set', '/a/x', 'theirs']) });
    expect(err).toContain('nothing changed; nothing was written\n');
    expect(await ok('get', '/a/x')).toBe('theirs\n');
  });

  test('has no conflict where both came to the same', async () => {
    for (const path of ['/a/x', '/a/y', '/a/z']) await ok('set', path, '1');
    const script = editor('printf "x: 2\\nz: 3\\n" > "$1"');
    const answer = meanwhile(['set', '/a/x', '2.0'], ['rm', '/a/y']);
    expect(await edit('/a', script, { answer })).toMatchObject({ exitCode: 0 });
    expect(await ok('export', '/a', '-o', 'env')).toBe('X=2.0\nZ=3\n');
  });

  test('shows what they removed, and what I did', async () => {
    for (const path of ['/a/x', '/a/y']) await ok('set', path, '1');
    const answer = meanwhile(['rm', '/a/x'], ['set', '/a/y', 'theirs']);
    await edit('/a', editor('printf "x: mine\\n" > "$1"', 'true'), { answer });
    expect(given(1)).toContain('theirs: (removed)\n#|     yours:  "mine"');
    expect(given(1)).toMatch(/theirs: "theirs" {3}by .*\n#\| {5}yours: {2}\(nothing\)\n/);
  });
});

test('edit keeps what somebody wrote where the server is gone when it is saved: exit 6', async () => {
  const other = await startServer();
  await conferAt(['set', '/a/x', '1'], { env: { CONFER_URL: other.url } });
  const answer = async () => {
    await other.close();
    return 'y';
  };
  const around = { answer, env: { CONFER_URL: other.url } };
  const script = editor('echo "x: 2" > "$1"');
  const { exitCode, err } = await edit('/a', script, around, '--timeout', '300ms');
  expect(exitCode).toBe(6);
  expect(err).toContain(`what you wrote is kept in ${fileName()}\n`);
  expect(readFileSync(fileName(), 'utf8')).toBe('x: 2\n');
  expect(readdirSync(join(fileName(), '..'))).toEqual(['a.yaml']);
});
