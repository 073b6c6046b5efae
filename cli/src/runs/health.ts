import type { TlsOptions } from '@confer/client';
import { tlsOf, urlsOf } from '../connection.ts';
import type { Context } from '../context.ts';
import { addressOf } from '../doctor/address.ts';
import { msText, type ProbeLimits, reasonOf } from '../doctor/probe.ts';
import { exitCodes, Failure, usageError } from '../failure.ts';
import { askHealth } from '../health/ask.ts';
import { formatOf, printData } from '../output/format.ts';
import { oneLine } from '../output/text.ts';
import { tokenSourceOf } from '../rights/token-source.ts';

export interface HealthOptions {
  readonly live?: true;
  readonly verbose?: true;
}

/** Less than the patience of those who run a probe. */
const TIMEOUT_MS = 3_000;

/** The last line of a server that is well enough. */
const WELL: ReadonlySet<string> = new Set(['ready', 'degraded', 'alive']);

/** How one server is. */
interface Health {
  readonly url: string;
  readonly healthy: boolean;
  /** What it said, or why it said nothing. */
  readonly lines: readonly string[];
}

/** Asks each server whether it is ready; ends with 1 where one is not. */
export async function health(context: Context, options: HealthOptions): Promise<void> {
  const format = formatOf(context, ['table', 'json', 'ndjson', 'yaml']);
  if (options.live === true && options.verbose === true)
    throw usageError('--verbose is about /readyz: leave --live out');
  const tls = await tlsOf(context.settings.tls);
  // A probe needs none, and nothing is sent that is not needed.
  const token = options.verbose === true ? await tokenOf(context) : undefined;
  const all = await Promise.all(
    urlsOf(context).map((url) => healthOf(context, url, options, { tls, token })),
  );
  if (format !== 'table') await printData(context, format, all.length === 1 ? all[0] : all);
  else if (!context.settings.quiet)
    for (const one of all) await context.terminal.stdout.write(textOf(one, all.length > 1));
  if (all.some(({ healthy }) => !healthy)) throw new Failure(exitCodes.other, 'unhealthy', []);
}

async function tokenOf(context: Context): Promise<string | undefined> {
  const source = await tokenSourceOf(context);
  return source?.();
}

async function healthOf(
  { terminal, settings }: Context,
  url: string,
  { live, verbose }: HealthOptions,
  access: { readonly tls: TlsOptions; readonly token: string | undefined },
): Promise<Health> {
  const address = addressOf(url);
  if (address === undefined) throw usageError(`--url: ${JSON.stringify(url)} is no URL`);
  const limits: ProbeLimits = { terminal, timeoutMs: settings.timeoutMs ?? TIMEOUT_MS };
  const path = live === true ? '/livez' : verbose === true ? '/readyz?verbose' : '/readyz';
  const found = await askHealth(limits, address, path, access);
  const { shown } = address;
  if (found.kind === 'late')
    return { url: shown, healthy: false, lines: [`no answer in ${msText(limits.timeoutMs)}`] };
  if (found.kind === 'failed')
    return { url: shown, healthy: false, lines: [`no answer: ${reasonOf(found.error)}`] };
  const { status, lines } = found.result;
  const said = lines.map((line) => oneLine(line, 400));
  const healthy = status === 200 && WELL.has(lines.at(-1) ?? '');
  // Anything may listen there; what Confer says of itself ends with one of its words.
  const isHealth = healthy || status === 503;
  return { url: shown, healthy, lines: isHealth ? said : [`HTTP ${status}`, ...said] };
}

function textOf({ url, lines }: Health, isNamed: boolean): string {
  const indent = isNamed ? '  ' : '';
  return `${isNamed ? `${url}\n` : ''}${lines.map((line) => `${indent}${line}\n`).join('')}`;
}
