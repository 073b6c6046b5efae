import { type ClientRequest, get as getHttp, type IncomingMessage } from 'node:http';
import { get as getHttps } from 'node:https';
import type { TlsOptions } from '@confer/client';
import type { Address } from './address.ts';
import { type Finding, ok, warn } from './finding.ts';
import { msText, type ProbeLimits, probe } from './probe.ts';

/** More than the header and the way explain; tokens that are good for a short time begin to fail then. */
const NOTICEABLE_MS = 5_000;

/** How far the clocks are apart, by the time that the server puts into an answer over HTTP: whole seconds. */
export async function probeClock(
  limits: ProbeLimits,
  { shown, isTls }: Address,
  tls: TlsOptions,
): Promise<Finding> {
  const { clock } = limits.terminal;
  const url = new URL('/', shown.replace(/^ws/, 'http'));
  let request: ClientRequest | undefined;
  const askedAt = clock.now();
  const found = await probe(
    limits,
    () =>
      new Promise<IncomingMessage>((resolve, reject) => {
        // What it says is read by nobody; whether it is believed is another probe.
        request = isTls
          ? getHttps(url, { ...tls, rejectUnauthorized: false, agent: false })
          : getHttp(url, { agent: false });
        request.once('response', resolve);
        request.once('error', reject);
      }),
    () => void request?.destroy(),
  );
  const date = found.kind === 'found' ? Date.parse(found.result.headers.date ?? '') : Number.NaN;
  if (found.kind !== 'found' || Number.isNaN(date))
    return ok('clock', 'unknown: nothing there tells the time');
  // It names a second, and servers write it anew once a second: it is up to two of them old, a half of a way ago.
  const skewMs = date + 1_000 - (askedAt + found.tookMs / 2);
  const marginMs = 1_000 + found.tookMs / 2;
  const facts = { skewMs: Math.round(skewMs) };
  if (Math.abs(skewMs) <= marginMs) return ok('clock', `the same, to ${msText(marginMs)}`, facts);
  const text = `the server is ${msText(Math.abs(skewMs))} ${skewMs > 0 ? 'ahead' : 'behind'}`;
  return Math.abs(skewMs) < NOTICEABLE_MS
    ? ok('clock', text, facts)
    : warn('clock', text, 'set the clocks by NTP: tokens and certificates go by them', facts);
}
