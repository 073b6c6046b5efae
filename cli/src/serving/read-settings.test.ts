import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Flags } from './from-flags.ts';
import { printedSettings } from './printed.ts';
import { readSettings } from './read-settings.ts';
import { contradictions, serverOptionsOf } from './server-options.ts';
import { allSettings, SETTINGS } from './table.ts';

const directory = mkdtempSync(join(tmpdir(), 'confer-settings-'));
afterAll(() => rmSync(directory, { recursive: true }));
const file = join(directory, 'confer.yaml');

/** What comes of flags, the environment and a file. */
function read(said: { flags?: Flags; env?: Record<string, string>; yaml?: string }) {
  const { flags = {}, env = {}, yaml } = said;
  const start = { env, directory: '/here', isServing: false };
  if (yaml === undefined) return readSettings({ ...start, flags });
  writeFileSync(file, yaml);
  return readSettings({ ...start, flags: { config: file, ...flags } });
}

/** A few lines that are a million values to whoever follows them. */
function bomb(): string {
  const levels = Array.from({ length: 6 }, (_, i) => {
    const below = i === 0 ? 'x' : `*a${i - 1}`;
    return `k${i}: &a${i} [${Array(10).fill(below).join(', ')}]`;
  });
  return `${levels.join('\n')}\n`;
}

describe('what is said in several ways', () => {
  const yaml = 'listen: 127.0.0.1:1\nkeep: { age: 1h, commits: 1 }\ntransport: ws\n';
  const env = { CONFER_LISTEN: '127.0.0.1:2', CONFER_KEEP_AGE: '2h' };

  it('counts as it is said nearest: flag, environment, file, default', async () => {
    const settings = await read({ yaml, env, flags: { listen: '127.0.0.1:3' } });
    expect(settings.problems).toEqual([]);
    expect(settings.value(SETTINGS.listen)).toEqual({ host: '127.0.0.1', port: 3 });
    expect(settings.value(SETTINGS.keepAge)).toBe(7_200_000);
    expect(settings.value(SETTINGS.keepCommits)).toBe(1);
    expect(settings.value(SETTINGS.transport)).toBe('ws');
    expect(settings.value(SETTINGS.engine)).toBe('lmdb');
  });

  it('takes the file that CONFER_CONFIG names, and that of a flag before it', async () => {
    writeFileSync(join(directory, 'other.yaml'), 'transport: uws\n');
    const other = { CONFER_CONFIG: join(directory, 'other.yaml') };
    expect((await read({ env: other })).value(SETTINGS.transport)).toBe('uws');
    expect((await read({ env: other, yaml })).value(SETTINGS.transport)).toBe('ws');
  });

  it('waits for no pipe once it serves: nobody may write into it, and no later reload would come', async () => {
    const pipe = join(directory, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const later = { env: {}, directory: '/here', isServing: true };
    const { problems } = await readSettings({ ...later, flags: { config: pipe } });
    const why = 'it is a pipe: a server that runs reads its settings from a file';
    expect(problems).toEqual([`${pipe}: ${why}`]);
  });

  it('takes no empty name of a file for one, wherever that was said', async () => {
    const variable = await read({ env: { CONFER_CONFIG: '' } });
    expect(variable.problems).toEqual(['CONFER_CONFIG takes the path of a file, not ""']);
    const flag = await read({ flags: { config: '' } });
    expect(flag.problems).toEqual(['--config takes the path of a file, not ""']);
    expect(flag.isMistyped).toBe(true);
  });

  it('begins relative paths where they are written', async () => {
    const settings = await read({
      yaml: 'tls:\n  cert: a/server.pem\n  key: /abs/key.pem\n',
      env: { CONFER_DATA: 'data' },
    });
    expect(settings.value(SETTINGS.tlsCert)).toBe(join(directory, 'a/server.pem'));
    expect(settings.value(SETTINGS.tlsKey)).toBe('/abs/key.pem');
    expect(settings.value(SETTINGS.data)).toBe('/here/data');
  });

  it('takes several values as a list, as flags in a row, or with commas', async () => {
    const networks = ['10.0.0.0/8', '::1/128'];
    const said = [
      { yaml: 'trusted-proxy: [10.0.0.0/8, "::1/128"]' },
      { env: { CONFER_TRUSTED_PROXY: '10.0.0.0/8, ::1/128' } },
      { flags: { trustedProxy: networks } },
    ];
    for (const one of said)
      expect((await read(one)).value(SETTINGS.trustedProxy)).toEqual(networks);
    expect((await read({ yaml: 'public-host: one.example' })).value(SETTINGS.publicHost)).toEqual([
      'one.example',
    ]);
  });

  it('can switch off in the environment what a file switches on', async () => {
    const settings = await read({ yaml: 'insecure: true', env: { CONFER_INSECURE: 'false' } });
    expect(settings.value(SETTINGS.insecure)).toBe(false);
  });
});

describe('what is wrong', () => {
  it('is said all at once, with where it is and what was perhaps meant', async () => {
    const { problems } = await read({
      yaml: [
        'listn: 127.0.0.1:1',
        'tls: { crt: x }',
        'keep:',
        '  age: a fortnight',
        '  commits: [1]',
        'auth: true',
        'cert: x',
        'engine: sqlite',
        'data:',
        'nothing-like-it: 1',
      ].join('\n'),
      env: { CONFER_KEEP_COMMITS: '-1', CONFER_LISTN: 'x' },
      flags: { listen: 'nowhere' },
    });
    expect(problems).toEqual([
      '--listen takes an address: HOST:PORT, such as 127.0.0.1:7480 or "[::1]:7480", not "nowhere"',
      'CONFER_KEEP_COMMITS takes a whole number, not "-1"',
      'CONFER_LISTN is no setting; did you mean CONFER_LISTEN ?',
      'confer.yaml:1:1: "listn" is no setting; did you mean listen ?',
      'confer.yaml:2:8: "tls.crt" is no setting; did you mean tls.cert ?',
      'confer.yaml:4:3: keep.age takes a time such as 500ms, 10s, 2m, 24h or 90d, not "a fortnight"',
      'confer.yaml:5:3: keep.commits takes a whole number, not a list',
      'confer.yaml:6:1: auth is a group, of auth.mode, auth.bootstrap-token-file, auth.issuers',
      'confer.yaml:7:1: "cert" is no setting; did you mean tls.cert ?',
      'confer.yaml:8:1: engine takes lmdb, etcd or memory, not "sqlite"',
      'confer.yaml:9:1: data takes the path of a directory, not nothing',
      'confer.yaml:10:1: "nothing-like-it" is no setting',
    ]);
  });

  it.each([
    ['no map', '- a\n- b\n', /a file of settings is a map/],
    ['no YAML', 'a: b: c\n', /^confer\.yaml:1:\d+: /],
    ['a key twice', 'data: a\ndata: b\n', /^confer\.yaml:2:1: the key "data" is there twice/],
    ['a dotted key', '"tls.cert": a\n', /groups are maps of their own/],
    ['many times too long', `# ${'x'.repeat(1024 * 1024)}\n`, /at most 1048576 bytes/],
    ['a bomb', bomb(), /confer\.yaml/],
    ['about what all objects have', '__proto__: { data: x }\ntoString: x\n', /"toString" is no/],
    ['full of what nobody sees', '"a\\u001b[31m\\n": 1\n', /"a\\\\u001b\[31m\\\\n" is no setting$/],
    ['of another kind', Array.from({ length: 90 }, (_, i) => `k${i}: 1`).join('\n'), /and 40 more/],
  ])('is a file that is %s', async (_, yaml, problem) => {
    const { problems } = await read({ yaml });
    expect(problems.at(-1)).toMatch(problem);
    expect(problems.length).toBeLessThan(60);
  });

  it('is a file that is not there', async () => {
    const { problems } = await read({ flags: { config: 'none.yaml' } });
    expect(problems).toEqual([expect.stringMatching(/^\/here\/none\.yaml: ENOENT/)]);
  });

  it('is an empty variable: what was to be put into it is missing', async () => {
    const { problems } = await read({ env: { CONFER_BOOTSTRAP_TOKEN_FILE: '', CONFER_AUTH: '' } });
    expect(problems).toEqual([
      'CONFER_AUTH takes on or off, not ""',
      'CONFER_BOOTSTRAP_TOKEN_FILE takes the path of a file, not ""',
    ]);
  });

  it('is an empty file for no setting: all is as nobody said', async () => {
    for (const yaml of ['', '# nothing\n', 'tls:\n  # cert: x\n'])
      expect((await read({ yaml })).problems).toEqual([]);
  });

  it.each([
    [{ engine: 'memory', data: 'x' }, /--engine memory keeps nothing/],
    [{ engine: 'etcd' }, /--engine etcd needs --etcd/],
    [{ etcd: ['http://a:1'] }, /say --engine etcd/],
    [{ tlsCert: 'x' }, /go together/],
    [{ clientCa: 'x' }, /needs TLS/],
  ])('is what cannot be all at once: %j', async (flags, problem) => {
    const settings = await read({ flags });
    expect(settings.problems).toEqual([]);
    expect(contradictions(settings).join()).toMatch(problem);
  });

  it('is not a flag that outdoes the file on another occasion', async () => {
    const settings = await read({ yaml: 'data: /srv\nengine: lmdb\n', flags: { memory: true } });
    expect(contradictions(settings)).toEqual([]);
    expect(serverOptionsOf(settings)).toMatchObject({ engine: 'memory' });
  });
});

describe('the environment', () => {
  it('may be full of what Kubernetes says of services called confer', async () => {
    const settings = await read({
      env: {
        CONFER_SERVICE_HOST: '10.0.0.1',
        CONFER_SERVICE_PORT: '7480',
        CONFER_SERVICE_PORT_WS: '7480',
        CONFER_PORT: 'tcp://10.0.0.1:7480',
        CONFER_PORT_7480_TCP: 'tcp://10.0.0.1:7480',
        CONFER_PORT_7480_TCP_PROTO: 'tcp',
        CONFER_PORT_7480_TCP_PORT: '7480',
        CONFER_PORT_7480_TCP_ADDR: '10.0.0.1',
        CONFER_ETCD_SERVICE_HOST: '10.0.0.2',
        CONFER_ETCD_PORT: 'tcp://10.0.0.2:2379',
        CONFER_TOKEN: 'of the commands',
        CONFER_KEY: 'of the commands',
      },
    });
    expect(settings.problems).toEqual([]);
    expect(settings.warnings).toEqual([]);
  });

  it('may have what is like no setting, which is said', async () => {
    const settings = await read({ env: { CONFER_INSTANCES: '3', CONFER_COLOURS: 'x' } });
    expect(settings.problems).toEqual([]);
    expect(settings.warnings).toEqual([
      expect.stringMatching(/: CONFER_COLOURS, CONFER_INSTANCES$/),
    ]);
  });
});

describe('secrets', () => {
  const token = `cfr_${'a'.repeat(12)}_${'S'.repeat(49)}`;

  it('are named by nothing that is said of them', async () => {
    const settings = await read({
      yaml: `etcd:\n  password: hunter2\n  urls: http://root:hunter2@a:1\n  user: ${token}\nauth: { bootstrap-token: ${token} }\n`,
      env: { CONFER_ETCD_PASSWORD: 'hunter2', CONFER_BOOTSTRAP_TOKEN_FILE: token },
    });
    const said = settings.problems.join('\n') + printedSettings(settings);
    expect(said).toContain('did you mean etcd.password-file ?');
    expect(said).toContain('did you mean CONFER_ETCD_PASSWORD_FILE ?');
    expect(said).toContain('did you mean auth.bootstrap-token-file ?');
    expect(said).not.toMatch(/hunter2|SSSS/);
  });
});

describe('what is printed', () => {
  it('says where each value is from, and means the same when it is read', async () => {
    const before = await read({
      yaml: 'public-host: ["a, b: c # d", "no", "12"]\nkeep: { age: 90d }\nauth: { mode: on }\n',
      env: { CONFER_AUDIT_READS: '/a,/ü "x"' },
      flags: { listen: '[::1]:7480', tlsCert: 'a b.pem', insecure: true },
    });
    expect(before.problems).toEqual([]);
    const yaml = printedSettings(before);
    expect(yaml).toContain('listen: "[::1]:7480" # --listen\n');
    expect(yaml).toContain('  age: "90d" # confer.yaml:2:9\n');
    expect(yaml).toContain('  reads: [/a, "/ü \\"x\\""] # CONFER_AUDIT_READS\n');
    expect(yaml).toContain('engine: lmdb # default\n');
    expect(yaml).toContain(`data: ${join(process.cwd(), 'data')} # default\n`);
    const after = await read({ yaml });
    expect(after.problems).toEqual([]);
    for (const one of allSettings.filter(({ name }) => name !== 'data'))
      expect([one.name, after.texts(one)]).toEqual([one.name, before.texts(one)]);
  });
});
