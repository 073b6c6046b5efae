import { renameSync, writeFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { VirtualClock } from '../../../shared/src/test-support/virtual-clock.ts';
import { testFile, testPair } from '../test-support/certificates.ts';
import type { TlsFiles } from '../transport/tls-files.ts';
import { readCertificate } from './certificate.ts';
import { Renewal } from './renewal.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const startedAt = new VirtualClock().now();
const validity = { from: startedAt - DAY_MS, to: startedAt + 30 * DAY_MS };

/** A renewal on a virtual clock, with what it showed and what it said. */
async function start(days = 30) {
  const clock = new VirtualClock();
  const { files } = testPair({ ...validity, to: clock.now() + days * DAY_MS });
  const shown: TlsFiles[] = [];
  const said: string[] = [];
  const problem: { text: string | undefined } = { text: undefined };
  const renewal = new Renewal(
    {
      tls: files,
      clock,
      log: (level, text) => said.push(`${level} ${text}`),
      show: async (next) => {
        if (problem.text !== undefined) throw new Error(problem.text);
        shown.push(next);
      },
    },
    await readCertificate(files, clock.now()),
  );
  onTestFinished(() => renewal.stop());
  /** A minute passes, and what that brings. */
  const minute = async () => {
    const { pending } = clock;
    clock.advanceAtOnce(MINUTE_MS);
    // Files are read in the real world: the timer of the next look is there once that is done.
    await vi.waitUntil(() => clock.pending === pending, { interval: 1 });
  };
  return { clock, files, shown, said, problem, renewal, minute };
}

/** As tools do it that renew certificates: a new file in the place of the old one. */
function replace(file: string, text: string): void {
  renameSync(testFile(text), file);
}

describe('a certificate that is renewed', () => {
  it('is shown within a minute, once', async () => {
    const { files, shown, said, minute } = await start();
    const next = testPair(validity);
    await minute();
    expect(shown).toEqual([]);
    replace(files.certFile, next.cert);
    replace(files.keyFile, next.key);
    await minute();
    await minute();
    expect(shown.map(({ cert }) => cert)).toEqual([next.cert]);
    expect(said).toEqual(['info new connections get the new certificate']);
  });

  it('is shown at once where somebody asks for it, and that it is the same is no news', async () => {
    const { files, shown, said, renewal } = await start();
    await renewal.reload();
    expect(shown).toEqual([]);
    const next = testPair(validity);
    writeFileSync(files.certFile, next.cert);
    writeFileSync(files.keyFile, next.key);
    await Promise.all([renewal.reload(), renewal.reload()]);
    expect(shown.length).toBe(1);
    expect(said.length).toBe(1);
  });

  it('is not shown before its key is there, which is said once', async () => {
    const { files, shown, said, minute } = await start();
    const next = testPair(validity);
    replace(files.certFile, next.cert);
    await minute();
    await minute();
    await minute();
    expect(shown).toEqual([]);
    expect(said).toEqual([
      expect.stringMatching(
        /^error the certificate stays the one that it was: the key .* is not that/,
      ),
    ]);
    replace(files.keyFile, next.key);
    await minute();
    expect(shown.length).toBe(1);
  });

  it('stays what it was when the new one has expired, is none, or has gone', async () => {
    const { files, shown, said, minute, renewal } = await start();
    const old = testPair({ from: validity.from, to: startedAt - MINUTE_MS });
    replace(files.certFile, old.cert);
    replace(files.keyFile, old.key);
    await minute();
    replace(files.certFile, 'nothing');
    await minute();
    renameSync(files.certFile, `${files.certFile}.away`);
    await minute();
    expect(shown).toEqual([]);
    expect(said.length).toBe(3);
    await renewal.reload();
    // Whoever asks is told, also for the second time.
    expect(said.length).toBe(4);
  });

  it('is tried again where the listener could not show it, until it does', async () => {
    const { files, shown, said, problem, minute } = await start();
    const next = testPair(validity);
    problem.text = 'the port is gone';
    replace(files.certFile, next.cert);
    replace(files.keyFile, next.key);
    await minute();
    await minute();
    expect(said).toEqual([
      'error the certificate stays the one that it was: it could not be shown: the port is gone',
    ]);
    problem.text = undefined;
    await minute();
    expect(shown.length).toBe(1);
  });

  it('is asked for each day from two weeks before the end on', async () => {
    const { said, clock, renewal, minute } = await start(13);
    expect(said).toEqual([
      expect.stringMatching(/^warn the certificate .* expires soon: put a new one there$/),
    ]);
    await minute();
    expect(said.length).toBe(1);
    clock.advanceAtOnce(DAY_MS);
    await vi.waitUntil(() => clock.pending === 1, { interval: 1 });
    await minute();
    expect(said.length).toBe(2);
    renewal.stop();
    const later = await start(15);
    await later.minute();
    expect(later.said).toEqual([]);
  });

  it('is not looked for any more after the end', async () => {
    const { clock, renewal } = await start();
    renewal.stop();
    expect(clock.pending).toBe(0);
  });
});
