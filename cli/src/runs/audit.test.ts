import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { confer } from '../scene.contract.ts';

/** What a server wrote, by the format alone: the command reads what lies there, whoever made it. */
const EVENTS = [
  { event: 'start', outcome: 'done', reason: 'started', kind: 'server' },
  {
    ...{ event: 'commit', outcome: 'done', reason: 'writer: allow write on /shop', kind: 'token' },
    ...{ principal: 'alice', address: '10.0.0.1', revision: 7, note: 'more\nworkers' },
    ...{ paths: ['/shop/a', '/shop/b', '/shop/c', '/shop/d'], pathCount: 9 },
  },
  {
    ...{ event: 'denied', outcome: 'denied', reason: 'reader: no allow of write', kind: 'token' },
    ...{ principal: 'mallory\u001b[2J', address: '10.0.0.2', paths: ['/shopping'], pathCount: 1 },
  },
  {
    ...{ event: 'loginFailed', outcome: 'denied', reason: 'wrong secret ×12', kind: 'unknown' },
    ...{ address: '10.6.6.6', count: 12 },
  },
];
const STARTED_AT = Date.parse('2026-01-28T12:00:00Z');

let data: string;
let lines: string[];
let file: string;

function lineAfter(before: string | undefined, fields: object, seq: number): string {
  const prev = before === undefined ? 'begin' : createHash('sha256').update(before).digest('hex');
  const time = new Date(STARTED_AT + seq * 60_000).toISOString();
  return JSON.stringify({ seq, time, gateway: 'gw1', ...fields, prev });
}

const write = () => writeFileSync(file, lines.map((line) => `${line}\n`).join(''));

beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'confer-cli-audit-'));
  mkdirSync(join(data, 'audit'));
  file = join(data, 'audit', 'audit-20260128T120000Z-000000000001.jsonl');
  lines = [];
  for (const [i, fields] of EVENTS.entries()) lines.push(lineAfter(lines.at(-1), fields, i + 1));
  write();
});
afterEach(() => rmSync(data, { recursive: true, force: true }));

const audit = (...args: string[]) => confer(['audit', '--data', data, ...args]);

describe('audit', () => {
  it('shows each event as one line for people, whatever is in it', async () => {
    const { exitCode, out, err } = await audit();
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
    const shown = out.split('\n');
    expect(shown).toHaveLength(EVENTS.length + 1);
    expect(shown[1]).toBe(
      '2026-01-28T12:02:00.000Z  done commit  alice from 10.0.0.1  /shop/a /shop/b /shop/c and 6 more ' +
        'at revision 7 "more\\nworkers"  [writer: allow write on /shop]',
    );
    expect(shown[2]).toContain('mallory\\u001b[2J from 10.0.0.2');
    expect(shown[3]).toContain('denied loginFailed  - from 10.6.6.6  12 times  [wrong secret ×12]');
  });

  it('shows each event as the line that it is, with --json and -o ndjson', async () => {
    for (const args of [['--json'], ['-o', 'ndjson']])
      expect((await audit(...args)).out).toBe(lines.map((line) => `${line}\n`).join(''));
  });

  it.each([
    [['--event', 'commit'], [2]],
    [['--denied'], [3, 4]],
    [['--principal', 'alice'], [2]],
    [['--path', '/shop'], [2]],
    [['--path', '/shop/b/deeper'], [2]],
    [
      ['--path', '/'],
      [2, 3],
    ],
    [
      ['--since', '2026-01-28T12:02:00Z'],
      [2, 3, 4],
    ],
    [
      ['--until', '2026-01-28T12:02:00Z'],
      [1, 2],
    ],
    [['--since', '2026-01-28T12:02:30Z', '--until', '2026-01-28T12:03:30Z'], [3]],
    [
      ['--since', '1h'],
      [1, 2, 3, 4],
    ],
    [['--denied', '--path', '/shop'], []],
  ])('shows with %j what fits', async (args, numbers) => {
    const { out, err } = await audit('--json', ...args);
    const shown = out.split('\n').slice(0, -1);
    expect(shown.map((line) => JSON.parse(line).seq)).toEqual(numbers);
    expect(err === '').toBe(numbers.length > 0);
  });

  it('goes on with --follow, through half a line and a new file, until it is interrupted', async () => {
    const interrupt = new AbortController();
    let shown = '';
    const running = confer(['audit', '--data', data, '--follow', '--json'], {
      signal: interrupt.signal,
      onOutput: (out) => {
        shown = out;
      },
    });
    const count = () => shown.split('\n').length - 1;
    await expect.poll(count).toBe(4);
    const fifth = lineAfter(lines.at(-1), { event: 'stop', outcome: 'done', reason: 'x' }, 5);
    appendFileSync(file, fifth.slice(0, 20));
    appendFileSync(file, `${fifth.slice(20)}\n`);
    await expect.poll(count).toBe(5);
    const sixth = lineAfter(fifth, { event: 'start', outcome: 'done', reason: 'x' }, 6);
    writeFileSync(join(data, 'audit', 'audit-20260129T120000Z-000000000006.jsonl'), `${sixth}\n`);
    await expect.poll(count).toBe(6);
    interrupt.abort('SIGINT');
    expect(await running).toMatchObject({ exitCode: 130, err: '' });
  });

  it.each([
    [['--since', 'soon'], 2, 'error[usage]: --since "soon" is no time'],
    [['--until', '2026-13-45'], 2, 'error[usage]: --until "2026-13-45" is no time'],
    [
      ['--event', 'login_failed'],
      2,
      'error[usage]: --event login_failed: it is one of start, stop',
    ],
    [['--path', 'shop'], 7, 'error[invalid_path]'],
    [['-o', 'yaml'], 2, 'error[usage]: -o yaml: this command prints table, ndjson'],
  ])('refuses %j', async (args, exitCode, message) => {
    const said = await audit(...args);
    expect(said).toMatchObject({ exitCode, out: '' });
    expect(said.err).toContain(message);
  });
});

describe('audit verify', () => {
  const verify = (...args: string[]) => confer(['audit', 'verify', '--data', data, ...args]);

  it('says that all is well, and the head that is worth keeping', async () => {
    const hash = createHash('sha256')
      .update(lines.at(-1) ?? '')
      .digest('hex');
    const said = await verify();
    expect(said).toEqual({
      exitCode: 0,
      out: `all is well: 4 lines in 1 file, up to number 4 with the sum ${hash}\n`,
      err: '',
    });
    expect(JSON.parse((await verify('-o', 'ndjson')).out)).toMatchObject({ seq: 4, hash });
  });

  it('37 names the file and the line that was edited, in one line, and ends with 2', async () => {
    lines[1] = lines[1]?.replace('alice', 'bob') ?? '';
    write();
    const { exitCode, out, err } = await verify();
    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' });
    expect(err).toMatch(
      /^error\[damaged\]: .*audit-20260128T120000Z-000000000001\.jsonl, line 2 is not .* \(edited\)\nhint: .*\n$/,
    );
  });

  it('37 notices beside heads that were kept that the end was cut off', async () => {
    const heads = join(data, 'heads');
    const { out } = await verify('-o', 'ndjson');
    writeFileSync(heads, out);
    expect(await verify('--heads', heads)).toMatchObject({ exitCode: 0 });
    lines.pop();
    write();
    expect(await verify()).toMatchObject({ exitCode: 0 });
    const said = await verify('--heads', heads);
    expect(said.exitCode).toBe(2);
    expect(said.err).toContain(
      'line 4 is not there: the end of the file was cut off, and number 4',
    );
    writeFileSync(heads, `${JSON.stringify({ path: '/.confer/audit/heads/gw1', value: out })}\n`);
    expect(await verify('--heads', heads)).toMatchObject({ exitCode: 2 });
  });

  it('ends with 2 where there is no audit, and where heads are none', async () => {
    rmSync(join(data, 'audit'), { recursive: true });
    expect(await verify()).toMatchObject({
      exitCode: 2,
      err: expect.stringContaining('no audit in'),
    });
    writeFileSync(join(data, 'heads'), '{"seq":"1"}\n');
    const said = await verify('--heads', join(data, 'heads'));
    expect(said).toMatchObject({ exitCode: 2, err: expect.stringContaining('heads:1 is no head') });
  });
});
