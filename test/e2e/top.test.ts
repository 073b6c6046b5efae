import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect } from '@confer/client';
import { expect, onTestFinished, test } from 'vitest';
import { CLI, confer, serve } from '../support/process.ts';
import { canMakeTerminals, Pty } from '../support/pty.ts';

const TAKE = '\u001b[?1049h';
const GIVE_BACK = '\u001b[?1049l';
const RED = '\u001b[31m';
// biome-ignore lint/suspicious/noControlCharactersInRegex: what steers a terminal is what is looked for
const STEERING = /\u001b\[[0-9;]*[A-Za-z]/g;
const CTRL_C = '\u0003';

async function running(port?: number) {
  const server = await serve(['--memory'], port);
  onTestFinished(() => void server.program.kill());
  return server;
}

/** `confer top` on a terminal of 80 by 24, which says how it was left and with which code it ended. */
function topOn(url: string, env: Readonly<Record<string, string>> = {}, ...args: string[]): Pty {
  const command = `stty cols 80 rows 24; ${process.execPath} ${CLI} top --interval 200ms ${args.join(' ')}; echo "ended $?"; stty -a`;
  const pty = new Pty(`sh -c '${command}'`, { TERM: 'xterm', CONFER_URL: url, ...env });
  onTestFinished(() => pty.kill());
  return pty;
}

/** The process of the command itself: the one that the shell on the terminal has started. */
function commandOn({ child }: Pty): number {
  const isNode = (pid: string) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`${CLI}\0top`);
    } catch {
      return false;
    }
  };
  const parentOf = (pid: string) =>
    Number(/\nPPid:\t(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  const isBelow = (pid: string): boolean => {
    for (let at = parentOf(pid); at > 1; at = parentOf(`${at}`)) if (at === child.pid) return true;
    return false;
  };
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const found = pids.filter((pid) => isNode(pid) && isBelow(pid));
  // `sh -c` names the command, too: of both it is the one that was started last.
  const pid = found.map(Number).sort((a, b) => b - a)[0];
  if (pid === undefined) throw new Error('confer top does not run');
  return pid;
}

/** What a terminal showed before it was drawn the last time, as that may not be whole yet. */
function lastFrame(output: string): string[] {
  const frame = output.split('\u001b[H').at(-2) ?? '';
  return frame.replaceAll(STEERING, '').split(/\r*\n/);
}

test.skipIf(!canMakeTerminals)(
  'confer top shows what happens as it happens, sorts by a key, and gives the terminal back on q (needs script)',
  async () => {
    const { url } = await running();
    const client = connect(url, { client: { name: 'or\u001b[2Jders' } });
    onTestFinished(() => client.close());
    await client.mirror('/').ready();
    const pty = topOn(url);
    await pty.saw(TAKE);
    await pty.saw('SLOWEST, by waiting');
    await pty.saw('or\\u001b[2Jders');
    await client.set('/a', '1');
    const before = pty.output.length;
    await pty.saw('commits              0             1', before);
    pty.type('\u001b[A');
    pty.type('n');
    await pty.saw('SLOWEST, by name');
    expect(pty.output).not.toContain(RED);
    const frame = lastFrame(pty.output);
    expect(frame.length).toBeLessThanOrEqual(24);
    pty.type('q');
    await pty.saw('ended 0');
    const left = pty.output.slice(pty.output.lastIndexOf(GIVE_BACK));
    expect(left).toContain('\u001b[?1049l');
    expect(pty.output).toContain('\u001b[?25h');
    // The echo and the signals of the terminal are as they were.
    await pty.saw('isig icanon iexten echo ');
  },
);

test.skipIf(!canMakeTerminals)(
  'W8 confer top says that the server is gone, in red where colours are wanted, and goes on when it is back (needs script)',
  async () => {
    const { url, port, program } = await running();
    const [coloured, plain] = [topOn(url), topOn(url, { NO_COLOR: '1' })];
    for (const pty of [coloured, plain]) await pty.saw('storage well');
    await program.kill();
    await coloured.saw(`${RED}NO ANSWER for`);
    await plain.saw('NO ANSWER for');
    expect(plain.output).not.toContain(RED);
    const gone = coloured.output.length;
    await running(port);
    await coloured.saw('storage well', gone);
    for (const pty of [coloured, plain]) {
      pty.type(CTRL_C);
      await pty.saw('ended 130');
      expect(pty.output.indexOf(GIVE_BACK)).toBeGreaterThan(0);
    }
  },
);

test.skipIf(!canMakeTerminals)(
  'confer top follows the size of its terminal, and gives it back when it is stopped and ended by signals (needs script)',
  async () => {
    const { url } = await running();
    const pty = topOn(url);
    await pty.saw('q quit');
    const terminal = readlinkSync(`/proc/${commandOn(pty)}/fd/1`);
    execFileSync('stty', ['-F', terminal, 'cols', '30', 'rows', '8']);
    await pty.saw('q quit', pty.output.length);
    await expect.poll(() => lastFrame(pty.output).length).toBe(8);
    const shown = lastFrame(pty.output);
    for (const line of shown) expect(line.length, JSON.stringify(shown)).toBeLessThanOrEqual(30);
    // Ctrl-Z, and fg.
    pty.type('\u001a');
    await pty.saw(GIVE_BACK);
    const stopped = pty.output.length;
    process.kill(commandOn(pty), 'SIGCONT');
    await pty.saw(TAKE, stopped);
    await pty.saw('q quit', stopped);
    process.kill(commandOn(pty), 'SIGTERM');
    await pty.saw('ended 143');
    expect(pty.output.split(GIVE_BACK)).toHaveLength(3);
    for (const [signal, code] of [
      ['SIGHUP', 129],
      ['SIGQUIT', 131],
    ] as const) {
      const other = topOn(url);
      await other.saw('q quit');
      process.kill(commandOn(other), signal);
      await other.saw(`ended ${code}`);
      expect(other.output.split(GIVE_BACK)).toHaveLength(2);
    }
  },
);

test('confer top prints frames or lines where there is no terminal, and says what is wrong', async () => {
  const { url } = await running();
  const client = connect(url);
  onTestFinished(() => client.close());
  const mirror = client.mirror('/');
  await mirror.ready();
  const frames = await confer(['top', '-n', '2', '--interval', '200ms'], { url });
  expect(frames).toMatchObject({ code: 0, stderr: '' });
  expect(frames.stdout.match(/^confer top /gm)).toHaveLength(2);
  expect(frames.stdout).not.toContain('\u001b');
  const told = await confer(['top', '-n', '1', '--interval', '200ms', '-o', 'ndjson'], { url });
  expect(JSON.parse(told.stdout)).toMatchObject({
    ...{ url, answers: true, status: { storage: 'well' }, counts: { watchesOpened: 1 } },
    gauges: { 'watches.live': 1, rssBytes: expect.any(Number) },
    slowest: [{ watchCount: expect.any(Number) }, { watchCount: expect.any(Number) }],
  });
  for (const args of [
    ['--interval', '50ms'],
    ['-n', 'x'],
    ['--sort', 'x'],
    ['-o', 'yaml'],
  ])
    expect(await confer(['top', ...args], { url })).toMatchObject({ code: 2, stdout: '' });
  const away = await confer(['top', '--timeout', '300ms'], { url: 'http://127.0.0.1:1' });
  expect(away).toMatchObject({ code: 6, stdout: '' });
  expect(away.stderr).toContain('is a server running at');
});
