import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, connect } from '@confer/client';
import { createServer, type Server } from '@confer/server';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { confer, type Program, startConfer } from '../support/process.ts';

let server: Server;
let client: Client;
beforeAll(async () => {
  server = await createServer({ engine: 'memory', port: 0 });
  client = connect(server.url);
});
afterAll(async () => {
  await client.close();
  await server.close();
});

let directory = '';
const running: Program[] = [];
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'confer-render-'));
  await set('/svc/port', '80');
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((program) => program.kill()));
  rmSync(directory, { recursive: true, force: true });
  await client.remove('/', { recursive: true });
});

const set = (path: string, value: string) => client.set(path, value);
const at = (...names: readonly string[]) => join(directory, ...names);
const read = (name: string) => readFileSync(at(name), 'utf8');

/** The options for a template with that text and its file. */
function templated(name: string, text = 'port={{ "port" | value }}\n'): string[] {
  writeFileSync(at(`${name}.liquid`), text);
  return ['-t', at(`${name}.liquid`), '--out', at(name)];
}

function render(args: readonly string[], from: readonly string[] = ['/svc']): Program {
  const options = from.flatMap((path) => ['--from', path]);
  const program = startConfer(['render', ...options, ...args], { url: server.url });
  running.push(program);
  return program;
}

/** Goes on; the debounce is short, as nobody here changes much at a time. */
const keep = (...args: readonly string[]) => render([...args, '--debounce', '20ms:2s']);
const once = (...args: readonly string[]) => render([...args, '--once']).finished;

const said = (program: Program, text: string) =>
  program.saw(({ stderr }) => stderr.includes(text) || undefined);
/** Resolves once a file holds that. */
const holds = (name: string, text: string) =>
  expect.poll(() => (existsSync(at(name)) ? read(name) : ''), { timeout: 10_000 }).toBe(text);
const hidden = () => readdirSync(directory).filter((name) => name.startsWith('.'));

describe('confer render --once', () => {
  it('renders what is there, says so, and runs the command only where files changed', async () => {
    const args = [...templated('a'), '--exec', `echo ran >> ${at('log')}`];
    const first = await once(...args);
    expect(first).toEqual({
      code: 0,
      stdout: '',
      stderr: `wrote ${at('a')} at revision ${server.status().revision}\n`,
    });
    expect(read('a')).toBe('port=80\n');
    expect(await once(...args)).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(read('log')).toBe('ran\n');
  });

  it('names path, template and line of what is missing: exit 7, and nothing is written', async () => {
    const { code, stderr } = await once(...templated('a', 'x\n{{ "name" | value }}'));
    expect(stderr).toContain(`error[template]: ${at('a.liquid')}:2:1: name holds no value;`);
    expect(code).toBe(7);
    expect(existsSync(at('a'))).toBe(false);
  });

  it('ends with 1 where the command fails, and with 7 where the check does, whose words it repeats', async () => {
    const failed = await once(...templated('a'), '--exec', 'exit 3');
    expect(failed).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('error[exec]: the command ended with 3'),
    });
    const checked = await once(...templated('b'), '--check', 'echo no good; cat {} >&2; exit 2');
    expect(checked.code).toBe(7);
    expect(checked.stderr).toMatch(
      /error\[check\]: .*b stays as it was.*\nerror\[check\]: no good\nerror\[check\]: port=80\n/,
    );
    expect(existsSync(at('b'))).toBe(false);
    expect(hidden()).toEqual([]);
  });

  it('refuses what cannot be meant, before it asks a server', async () => {
    const pair = templated('a');
    for (const [args, message] of [
      [pair.slice(0, 2), 'each --template has its --out'],
      [[...pair, ...pair], `--out ${at('a')} is there twice`],
      [[...pair, '--check', 'x', '--check', 'y'], 'there are 2 --check for 1 --template'],
      [[...pair, '--mode', 'rw'], '--mode rw'],
      [['-t', at('none'), '--out', at('a')], 'none cannot be read: ENOENT'],
      [templated('b', '{% if %}'), 'error[template]'],
    ] as const) {
      const { code, stderr } = await once(...args, '--url', 'http://127.0.0.1:1');
      expect(stderr).toContain(message);
      expect([2, 7]).toContain(code);
    }
  });
});

describe('confer render', () => {
  it('renders again what changed, and runs the command once for all files of a commit', async () => {
    const both = [...templated('a'), ...templated('b', '{{ "name" | value: "none" }}\n')];
    const program = keep(...both, '--exec', `cat ${at('a')} ${at('b')} >> ${at('log')}`);
    await holds('log', 'port=80\nnone\n');
    writeFileSync(at('svc.json'), '{"port": 81, "name": "orders"}');
    await confer(['import', at('svc.json'), '--at', '/svc'], { url: server.url });
    await holds('log', 'port=80\nnone\nport=81\norders\n');
    await set('/svc/other', 'x');
    await set('/svc/port', '82');
    await holds('log', 'port=80\nnone\nport=81\norders\nport=82\norders\n');
    expect(await program.kill('SIGTERM')).toMatchObject({ code: 143, stdout: '' });
    expect(hidden()).toEqual([]);
  });

  it('keeps the last good file where a check fails, says it once, and takes the next good value', async () => {
    const program = keep(...templated('a'), '--check', 'echo looked; ! grep -q bad {}');
    await holds('a', 'port=80\n');
    await set('/svc/port', 'bad');
    await said(program, '  looked\n');
    // The same is tried again by itself, as what a check looks at may lie elsewhere.
    await set('/svc/other', 'x');
    await set('/svc/port', '81');
    await holds('a', 'port=81\n');
    expect(program.stderr.match(/warning\[check\]/g)).toHaveLength(1);
  });

  it('replaces none of its files where one fails its check, and all once it does not', async () => {
    const [a, b] = [templated('a'), templated('b')];
    const program = keep(...a, ...b, '--check', '', '--check', '! grep -q bad "$CONFER_RENDERED"');
    await holds('b', 'port=80\n');
    await set('/svc/port', 'bad');
    await said(program, 'warning[check]');
    expect([read('a'), read('b')]).toEqual(['port=80\n', 'port=80\n']);
    await set('/svc/port', '81');
    await holds('b', 'port=81\n');
    expect(read('a')).toBe('port=81\n');
  });

  it('waits for a value that is missing, and says which', async () => {
    const program = keep(...templated('a', '{{ "name" | value }}'));
    await said(program, 'name holds no value');
    await set('/svc/name', 'orders');
    await holds('a', 'orders');
  });

  it('says a command that fails, and goes on', async () => {
    const program = keep(...templated('a'), '--exec', `echo ran >> ${at('log')}; exit 4`);
    await said(program, 'warning[exec]: the command ended with 4');
    await set('/svc/port', '81');
    await holds('log', 'ran\nran\n');
    expect(read('a')).toBe('port=81\n');
  });

  it('writes by itself once a missing directory is there', async () => {
    writeFileSync(at('t'), '{{ "port" | value }}');
    const program = keep('-t', at('t'), '--out', at('later', 'a'));
    await said(program, 'cannot be written: ENOENT');
    mkdirSync(at('later'));
    await holds('later/a', '80');
    expect(program.stderr.match(/warning/g)).toHaveLength(1);
  });

  it('shows commits as a whole, also where they touch two of its subtrees', async () => {
    // The second is long, so that it comes when the first has been there for a while.
    const put = (value: number) =>
      client.commit({
        operations: [
          { type: 'put', path: '/a/left', value: `${value}` },
          { type: 'put', path: '/b/right', value: `${value} ${'x'.repeat(500_000)}` },
        ],
      });
    await put(0);
    const text = '{{ "/a/left" | value }}={{ "/b/right" | value | split: " " | first }}\n';
    const args = [...templated('a', text), '--exec', `cat ${at('a')} >> ${at('log')}`];
    render([...args, '--debounce', '1ms'], ['/a', '/b']);
    await holds('a', '0=0\n');
    for (let value = 1; value <= 40; value++) await put(value);
    await holds('a', '40=40\n');
    const seen = read('log').trim().split('\n');
    expect(seen.length).toBeGreaterThan(5);
    for (const line of seen) expect(line).toMatch(/^(\d+)=\1$/);
  });

  it('ends amid a check, and leaves nothing behind', async () => {
    const program = keep(...templated('a'), '--check', 'echo checking >&2; exec sleep 1000');
    await expect.poll(hidden, { timeout: 15_000 }).toEqual(['.a.confer']);
    expect(await program.kill('SIGINT')).toMatchObject({ code: 130 });
    expect(readdirSync(directory)).toEqual(['a.liquid']);
  });

  it('goes on where nobody reads what it says', async () => {
    const program = keep(...templated('a'));
    await holds('a', 'port=80\n');
    program.child.stderr?.destroy();
    program.child.stdout?.destroy();
    for (const port of ['81', '82', '83']) {
      await set('/svc/port', port);
      await holds('a', `port=${port}\n`);
    }
    expect(program.child.exitCode).toBeNull();
  });
});
