import { expect, test } from 'vitest';
import { VirtualClock } from '../../../shared/src/test-support/virtual-clock.ts';
import { BACKLOG_BYTES_MAX, type LogFormat, ServerLog } from './server-log.ts';

/** A log whose reader reads only when told to. */
async function scene(format: LogFormat = 'json', level: 'info' | 'debug' = 'info') {
  const stderr = {
    isTty: false,
    waitingBytes: 0,
    text: '',
    write(text: string) {
      stderr.waitingBytes += text.length;
      stderr.text += text;
    },
  };
  const clock = new VirtualClock();
  const log = await ServerLog.open({ stderr, clock }, { format, level });
  const lines = () =>
    stderr.text
      .split('\n')
      .filter((text) => text !== '')
      .map((text): Record<string, unknown> => JSON.parse(text));
  return { log, stderr, clock, lines };
}

test('a line is one of JSON, with its level, its time and what happened', async () => {
  const { log, lines } = await scene();
  log.log('warn', 'two\nlines "quoted" \u2028', { code: 'silent', count: 3 });
  expect(lines()).toEqual([
    {
      level: 'warn',
      time: '2023-11-14T22:13:20.000Z',
      code: 'silent',
      count: 3,
      msg: 'two\nlines "quoted" \u2028',
    },
  ]);
});

test('text for people is one line, whatever is in it', async () => {
  const { log, stderr } = await scene('text');
  log.log('info', 'a\nb\u001b[31m', { why: 'c\rd' });
  expect(stderr.text).toBe('2023-11-14T22:13:20.000Z info a\\nb\\u001b[31m why=c\\rd\n');
});

test('the level decides from the next line on', async () => {
  const { log, lines } = await scene();
  log.log('debug', 'one');
  log.setLevel('debug');
  log.log('debug', 'two');
  log.setLevel('error');
  log.log('warn', 'three');
  log.log('error', 'four');
  expect(lines().map(({ msg }) => msg)).toEqual(['two', 'four']);
});

test('a reader that stops costs bounded memory, and is told what it missed once it reads', async () => {
  const { log, stderr, clock, lines } = await scene();
  // Kinds that are many enough for no sampling, and long.
  const text = 'x'.repeat(4_000);
  for (let minute = 0; minute < 5; minute++) {
    for (let i = 0; i < 150; i++) log.log('warn', `${minute} ${i} ${text}`);
    await clock.advance(60_000);
  }
  expect(stderr.waitingBytes).toBeLessThan(BACKLOG_BYTES_MAX + 10_000);
  const before = lines().length;
  stderr.waitingBytes = 0;
  log.log('error', 'read again');
  const [lost, last] = lines().slice(before);
  expect(lost).toMatchObject({ msg: 'lines of the log are lost: nobody read them', level: 'warn' });
  expect(lost?.lost).toBeGreaterThan(0);
  expect(last).toMatchObject({ msg: 'read again' });
});

test('tokens and passwords are in no line, wherever somebody put them', async () => {
  const token = `cfr_${'a'.repeat(12)}_${'S'.repeat(49)}`;
  const signed = `${Buffer.from('{"alg":"EdDSA"}').toString('base64url')}.${'S'.repeat(40)}.${'S'.repeat(80)}`;
  for (const format of ['json', 'text'] as const) {
    const { log, stderr } = await scene(format);
    for (const secret of [token, signed, 'http://root:SSSSSS@etcd:2379'])
      log.log('error', `refused ${secret}`, { error: `at ${secret}`, client: secret });
    expect(stderr.text).not.toContain('SSS');
    expect(stderr.text.match(/hidden/g)?.length).toBe(9);
  }
});

test('a secret that the end of a long text goes through is in no line, nor is a part of it', async () => {
  const token = `cfr_${'a'.repeat(12)}_${'S'.repeat(49)}`;
  const signed = `${Buffer.from('{"alg":"EdDSA"}').toString('base64url')}.${'S'.repeat(40)}.${'S'.repeat(80)}`;
  for (const secret of [token, signed, 'http://root:SSSSSS@etcd:2379'])
    for (let cut = 1; cut < secret.length; cut++) {
      const { log, stderr } = await scene();
      const text = `${'why '.repeat(1_024).slice(0, -cut - 1)} ${secret}`;
      log.log('error', 'refused', { error: text });
      expect(stderr.text).toContain('why why');
      expect(stderr.text).not.toContain('SS');
    }
});

test('a line has an end, however long what is in it', async () => {
  const { log, stderr } = await scene();
  log.log('warn', 'eyJ'.repeat(100_000), { why: 'http://'.repeat(100_000) });
  expect(stderr.text.length).toBeLessThan(10_000);
});
