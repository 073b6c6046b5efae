import type { SessionItem } from '@confer/client/admin';
import { subtreeArgument } from '../arguments.ts';
import type { Context } from '../context.ts';
import { clientLabels, clientName } from '../output/client.ts';
import { formatOf, printData } from '../output/format.ts';
import { byteSize, counted, oneLine, span, table } from '../output/text.ts';
import { withAdministration } from '../rights/administration.ts';

export interface SessionsOptions {
  readonly principal?: string;
  readonly client?: string;
}

export async function sessions(
  context: Context,
  argument: string | undefined,
  { principal, client }: SessionsOptions,
): Promise<void> {
  const format = formatOf(context, ['table', 'json', 'ndjson', 'yaml']);
  const path = argument === undefined ? {} : { path: subtreeArgument(argument) };
  const query = {
    ...path,
    ...(principal === undefined ? {} : { principal }),
    ...(client === undefined ? {} : { client }),
  };
  const list = await withAdministration(context, (administration) =>
    administration.sessions(query),
  );
  const { stdout } = context.terminal;
  const items = list.sessions.map((each) => ({ ...each, ...behindOf(each) }));
  if (format === 'ndjson')
    await stdout.write(items.map((each) => `${JSON.stringify(each)}\n`).join(''));
  else if (format !== 'table')
    await printData(context, format, { ...path, revision: list.revision, sessions: items });
  else if (items.length === 0) await stdout.write(`${nobody(path.path)}\n`);
  else await stdout.write(`${summaryOf(items, list.revision)}\n${tableOf(items)}`);
}

function nobody(path: string | undefined): string {
  return path === undefined ? 'no session is like that' : `nobody listens to ${path}`;
}

/** How many revisions the newest change of what it watches is ahead of what it has applied; left out where that is not known. */
function behindOf({ applied, latest }: SessionItem): { readonly behind?: number } {
  if (applied === undefined || latest === undefined) return {};
  return { behind: Math.max(0, latest - applied) };
}

/** `31 sessions at revision 812, 62 watches: 60 live, 1 lagging, 1 syncing`. */
function summaryOf(all: readonly SessionItem[], revision: number): string {
  const sum = (of: (item: SessionItem) => number) => all.reduce((to, each) => to + of(each), 0);
  const inState = (state: 'live' | 'lagging' | 'syncing') =>
    `${sum(({ states }) => states?.[state] ?? 0)} ${state}`;
  const watches = counted(
    sum(({ watchCount }) => watchCount),
    'watch',
    'watches',
  );
  const states = (['live', 'lagging', 'syncing'] as const).map(inState).join(', ');
  return `${counted(all.length, 'session')} at revision ${revision}, ${watches}: ${states}`;
}

const HEAD = [
  ...['NAME', 'PRINCIPAL', 'ADDRESS', 'VIA', 'FOR', 'APPLIED', 'BEHIND', 'WAITING', 'STATE'],
  ...['WATCHES', 'LABELS'],
];

function tableOf(all: readonly (SessionItem & { readonly behind?: number })[]): string {
  const rows = all.map((each) => [
    oneLine(clientName(each.client), NAME_WIDTH),
    ...[each.principal ?? '-', each.address, each.transport].map((cell) => oneLine(cell)),
    span(each.connectedMs),
    ...[each.applied ?? '-', each.behind ?? '-'].map(String),
    byteSize(each.waitingBytes),
    stateOf(each),
    watchesOf(each),
    oneLine(clientLabels(each.client), LABELS_WIDTH),
  ]);
  return table([HEAD, ...rows]);
}

const NAME_WIDTH = 40;
const WATCHES_WIDTH = 60;
const LABELS_WIDTH = 60;

/** That of its watches who is worst off, as that is what to look after. */
function stateOf({ states, watchCount }: SessionItem): string {
  if (watchCount === 0) return '-';
  const worst = (['syncing', 'lagging'] as const).find((state) => (states?.[state] ?? 0) > 0);
  return worst ?? 'live';
}

/** `/shop /flags and 3 more`. */
function watchesOf({ watches, watchCount }: SessionItem): string {
  if (watchCount === 0) return '-';
  const shown: string[] = [];
  let width = 0;
  for (const { path } of watches) {
    width += path.length + 1;
    if (shown.length > 0 && width > WATCHES_WIDTH) break;
    shown.push(oneLine(path, WATCHES_WIDTH));
  }
  const more = watchCount - shown.length;
  return more === 0 ? shown.join(' ') : `${shown.join(' ')} and ${more} more`;
}
