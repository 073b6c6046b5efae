import { describe, expect, test } from 'vitest';
import { confer } from './scene.contract.ts';

describe('the command line', () => {
  test.each([
    [[], 'Usage: confer'],
    [['nonsense'], "error[usage]: unknown command 'nonsense'"],
    [['get'], "error[usage]: missing required argument 'path'"],
    [['get', '/a', '/b'], 'error[usage]: too many arguments'],
    [['set', '/a', '-x'], "error[usage]: unknown option '-x'"],
    [['ls', '--nonsense'], "error[usage]: unknown option '--nonsense'"],
    [['import', 'x.yml'], "error[usage]: required option '--at <path>' not specified"],
    [['get', '/a', '-o', 'xml'], 'error[usage]: -o xml: this command prints table, raw, json'],
    [['get', '/a', '--timeout', 'soon'], 'error[usage]: "soon" is no time'],
    [['get', '/a', '--url', 'nonsense'], 'error[usage]: --url: "nonsense" is not the URL'],
    [['set', '/a', '1', '--create', '--if-revision', '2'], 'error[usage]: option'],
    [['watch', '/', '--since', '1', '--initial'], 'error[usage]: option'],
    [['watch', '/', '--since', '-1'], 'error[usage]: --since takes a whole number'],
    [['watch', '/', '-o', 'json'], 'error[usage]: -o json: this command prints table, ndjson'],
    [['serve', '--listen', '7480'], 'error[usage]: --listen takes'],
    [['serve', '--memory', '--data', 'x'], 'error[usage]: option'],
    [['exec', '/a'], 'error[usage]: exec takes paths, "--" and the program'],
    [['exec', '--', 'env'], 'error[usage]: exec takes paths, "--" and the program'],
    [['exec', '/a', '--on-change', 'wave', '--', 'env'], 'error[usage]: --on-change wave: it is'],
    [['exec', '/a', '--once', '--debounce', '1s', '--', 'env'], 'error[usage]: option'],
    [['exec', '/a', '--debounce', '1s:x', '--', 'env'], 'error[usage]: "x" is no time'],
    [
      ['exec', '/a', '--stop-timeout', '25h', '--', 'env'],
      'error[usage]: --stop-timeout 25h: a day',
    ],
    [['wait', '/a', '--gone', '--value', 'x'], 'error[usage]: option'],
    [['wait', '/a', '--revision', 'x'], 'error[usage]: --revision takes a whole number'],
    [['render', '-t', 'x'], "error[usage]: required option '--from <path>' not specified"],
    [['lock', 'l'], 'error[usage]: lock takes a name, "--" and the program'],
    [['lock', '--', 'env'], 'error[usage]: lock takes a name, "--" and the program'],
    [['lock', 'l', '--wait', 'x', '--', 'env'], 'error[usage]: "x" is no time'],
    [['elect', 'e', '--show', '--watch'], 'error[usage]: option'],
    [
      ['register', 's', '--', 'env'],
      'error[usage]: register takes the name of a service and --address',
    ],
    [['register', 's', '--address', 'a', '--label', 'x'], 'error[usage]: --label x: a label is'],
    [['register', 's', '--address', 'a', '--weight', 'x'], 'error[usage]: --weight takes a whole'],
    [['discover', 's', '--watch', '--exec', 'x'], 'error[usage]: option'],
    [['bench', '--writers', '0'], 'error[usage]: --writers 0: it is from 1 to 2000'],
    [['bench', '--watchers', '1990'], 'error[usage]: --writers and --watchers are at most 2000'],
    [['bench', '--size', '8'], 'error[usage]: --size 8: it is from 16 to 1048576'],
    [['bench', '--size', '1000000', '--entries', '1000'], 'error[usage]: --entries times --size'],
    [['bench', '--duration', '2h'], 'error[usage]: --duration 2h: an hour (1h) is the longest'],
    [['bench', '--rate', '0'], 'error[usage]: --rate 0: it is from 1 to 1000000'],
    [['help', 'nonsense'], 'error[usage]: there is no help on nonsense'],
  ])('%j is a wrong use of it: exit 2, nothing on stdout', async (args, message) => {
    const { exitCode, out, err } = await confer(args);
    expect(err).toContain(message);
    expect(out).toBe('');
    expect(exitCode).toBe(2);
  });

  test.each([
    ['get', 'a', 'error[invalid_path]: "a": a path starts with "/"\nhint: did you mean /a ?\n'],
    ['get', '/a//b', 'error[invalid_path]: "/a//b": a path has no empty segment ("//")\n'],
    ['rm', '/', 'error[invalid_path]: "/": the root "/" holds no entry\n'],
    ['ls', '/a/..', 'error[invalid_path]: "/a/..": a path has no "." or ".." segment\n'],
  ])('%s %s is refused without asking the server', async (verb, path, message) => {
    const { exitCode, err } = await confer([verb, path, '--url', 'http://127.0.0.1:1']);
    expect(err).toContain(message);
    expect(exitCode).toBe(7);
  });

  test('help goes to stdout', async () => {
    const topics = [
      ['--help'],
      ['help'],
      ['help', 'watch'],
      ['rm', '--help'],
      ['help', 'errors'],
      ['help', 'paths'],
      ['help', 'values'],
      ['exec', '--help'],
      ['render', '--help'],
      ['wait', '--help'],
    ];
    for (const args of topics) {
      const { exitCode, out, err } = await confer(args);
      expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
      expect(out.length).toBeGreaterThan(100);
    }
  });

  test('version tells the command and the protocol', async () => {
    expect((await confer(['version'])).out).toMatch(/^confer \d+\.\d+\.\d+ \(protocol \d+\)\n$/);
    expect(JSON.parse((await confer(['version', '-o', 'json'])).out)).toHaveProperty('protocol');
  });

  test('a server that is not there is exit 6 after --timeout, with a hint', async () => {
    const { exitCode, out, err } = await confer(['get', '/a', '--timeout', '300ms'], {
      env: { CONFER_URL: 'http://127.0.0.1:1' },
    });
    expect(err).toMatch(/^no connection to http:\/\/127\.0\.0\.1:1 \(.*\); trying again\n/);
    expect(err).toMatch(/error\[unavailable\]: no answer .*\nhint: is a server running at .*\n$/);
    expect({ exitCode, out }).toEqual({ exitCode: 6, out: '' });
  });

  test('an interrupt ends the wait for a server: exit 130', async () => {
    const interrupt = new AbortController();
    const running = confer(['get', '/a', '--url', 'http://127.0.0.1:1', '-q'], {
      signal: interrupt.signal,
    });
    setTimeout(() => interrupt.abort('SIGINT'), 50);
    expect(await running).toEqual({ exitCode: 130, out: '', err: '' });
  });
});

/** Commands that change nothing at a server that a context can name. */
const READERS = [
  ...['get', 'ls', 'tree', 'watch', 'status', 'health', 'doctor', 'export', 'whoami', 'auth check'],
  ...['role show', 'role ls', 'token ls', 'token show', 'explain', 'help', 'version', 'completion'],
  ...['context add', 'context use', 'context ls', 'context show', 'context rm'],
  // These are about files of this machine.
  ...['serve', 'verify', 'repair', 'token generate', 'token recover', 'tls', 'tls self-signed'],
  ...['audit', 'audit verify', 'backup', 'backup inspect', 'backup verify'],
  // What they run is told of what is there, and writes elsewhere.
  ...[
    'wait',
    'subscribers',
    'sessions',
    'top',
    'exec',
    'render',
    'lease show',
    'lease ls',
    'discover',
  ],
  ...['find', 'log', 'history', 'diff'],
];

/** All commands that do something, with the text of their help. */
async function commandsBelow(words: readonly string[]): Promise<[name: string, help: string][]> {
  const { out } = await confer([...words, '--help']);
  const [, list = ''] = /\nCommands:\n((?: .*\n)+)/.exec(out) ?? [];
  const names = [...list.matchAll(/^ {2}(\w\S*)/gm)].map(([, name = '']) => name);
  const below = await Promise.all(names.map((name) => commandsBelow([...words, name])));
  const isOne = words.length > 0 && !/ COMMAND\n/.test(out);
  return [...(isOne ? [[words.join(' '), out] as [string, string]] : []), ...below.flat()];
}

test('every command is one that only reads, or asks before it writes to production', async () => {
  const commands = await commandsBelow([]);
  expect(commands.length).toBeGreaterThan(30);
  const asking = commands.filter(([, help]) => help.includes('-y, --yes')).map(([name]) => name);
  const others = commands.map(([name]) => name).filter((name) => !asking.includes(name));
  expect(others.filter((name) => !READERS.includes(name))).toEqual([]);
  expect(asking.filter((name) => READERS.includes(name))).toEqual([]);
});
