import type { TlsOptions } from '@confer/client';
import { tlsOf } from '../connection.ts';
import type { Context } from '../context.ts';
import { type Address, addressOf } from '../doctor/address.ts';
import { probeCertificate } from '../doctor/certificate.ts';
import { probeClock } from '../doctor/clock-skew.ts';
import { type Finding, fail, ok, warn } from '../doctor/finding.ts';
import { findingsHere } from '../doctor/here.ts';
import { probeName, probePort } from '../doctor/network.ts';
import { type ProbeLimits, probe, reasonOf } from '../doctor/probe.ts';
import { probeSession } from '../doctor/session.ts';
import { exitCodes, Failure } from '../failure.ts';
import { machineHere } from '../machine.ts';
import { type Palette, paletteOf } from '../output/colour.ts';
import { formatOf, printData } from '../output/format.ts';
import { oneLine } from '../output/text.ts';

/** Of one probe; a person waits for all of them. */
const TIMEOUT_MS = 3_000;

/** What was found of this machine, or of one server. */
interface Section {
  readonly about: string;
  readonly findings: readonly Finding[];
}

/** Looks at all that a connection needs, one screen to paste into a ticket; ends with 1 where something fails. */
export async function doctor(context: Context): Promise<void> {
  const format = formatOf(context, ['table', 'json', 'ndjson', 'yaml']);
  const { terminal, settings } = context;
  const limits: ProbeLimits = { terminal, timeoutMs: settings.timeoutMs ?? TIMEOUT_MS };
  const here = findHere(context, limits);
  // What is wrong with the files is said once, and every server is looked at without them.
  const tls = await tlsOf(settings.tls).catch((error: unknown) => {
    if (error instanceof Failure) return error;
    throw error;
  });
  const servers = settings.url.split(',').map((url) => findAt(context, limits, url, tls));
  const sections = await Promise.all([here, ...servers]);
  const healthy = sections.every(({ findings }) => findings.every(({ level }) => level !== 'FAIL'));
  if (format === 'table') await terminal.stdout.write(screen(sections, paletteOf(terminal)));
  else await printData(context, format, { healthy, sections });
  if (!healthy) throw new Failure(exitCodes.other, 'unhealthy', []);
}

async function findHere(context: Context, limits: ProbeLimits): Promise<Section> {
  const findings = await findingsHere(context, machineHere());
  return { about: 'this machine', findings: [...findings, await findTransport(limits)] };
}

async function findTransport(limits: ProbeLimits): Promise<Finding> {
  const found = await probe(limits, async () => {
    const { findTransport: find } = await import('./transport-here.ts');
    return find();
  });
  const advice = 'to run a server here, see the table of the README; clients do not need it';
  if (found.kind === 'late') return warn('transport', 'it takes long to load', advice);
  if (found.kind === 'failed')
    return warn('transport', `the server does not load: ${reasonOf(found.error)}`, advice);
  const { name, problem } = found.result;
  return problem === undefined
    ? ok('transport', `uWebSockets.js would serve here`, { name })
    : warn('transport', `ws would serve here: ${oneLine(problem)}`, advice, { name, problem });
}

async function findAt(
  context: Context,
  limits: ProbeLimits,
  url: string,
  tls: TlsOptions | Failure,
): Promise<Section> {
  const address = addressOf(url);
  if (address === undefined) {
    // What may be a password stays out of tickets.
    const shown = oneLine(url.replace(/\/\/.*@/, '//'), 80);
    const text = `${JSON.stringify(shown)} is not the URL of a server`;
    const advice = 'one looks like http://127.0.0.1:7480';
    return { about: 'a server', findings: [fail('url', text, advice)] };
  }
  const findings: Finding[] = [];
  for await (const finding of probesOf(context, limits, address, tls)) findings.push(finding);
  return { about: address.shown, findings };
}

/** Each rests on those before it: where one fails, most of what follows would only fail for the same reason. */
async function* probesOf(
  context: Context,
  limits: ProbeLimits,
  address: Address,
  tls: TlsOptions | Failure,
): AsyncGenerator<Finding> {
  const name = await probeName(limits, address);
  yield name;
  if (name.level === 'FAIL') return;
  const port = await probePort(limits, address);
  yield port;
  if (port.level === 'FAIL') return;
  if (tls instanceof Failure) return yield fail('tls', tls.message, 'look at the file');
  if (address.isTls) {
    const certificate = await probeCertificate(limits, address, tls);
    yield certificate;
    // Nobody answers there at all.
    if (certificate.level === 'FAIL' && certificate.facts === undefined) return;
  }
  yield await probeClock(limits, address, tls);
  yield* await probeSession(limits, context, address);
}

function screen(sections: readonly Section[], palette: Palette): string {
  return sections
    .map(
      ({ about, findings }) => `${about}\n${findings.map((one) => lines(one, palette)).join('')}`,
    )
    .join('\n');
}

function lines({ level, what, text, advice }: Finding, palette: Palette): string {
  const paint = { ok: palette.added, warn: palette.changed, FAIL: palette.removed }[level];
  const line = `  ${paint(level.padEnd(4))}  ${what.padEnd(11)}  ${text}\n`;
  return advice === undefined ? line : `${line}${' '.repeat(21)}do: ${advice}\n`;
}
