import type { Subscriber } from '@confer/client/admin';
import { subtreeArgument } from '../arguments.ts';
import type { Context } from '../context.ts';
import { exitCodes, Failure } from '../failure.ts';
import { clientLabels, clientName } from '../output/client.ts';
import { formatOf, printData } from '../output/format.ts';
import { oneLine, table } from '../output/text.ts';
import { withAdministration } from '../rights/administration.ts';

/** What one program has made of what is there. */
type State = 'rejected' | 'up to date' | 'behind' | 'unknown';

export async function subscribers(context: Context, argument: string): Promise<void> {
  const path = subtreeArgument(argument);
  const format = formatOf(context, ['table', 'raw', 'json', 'ndjson', 'yaml']);
  const list = await withAdministration(context, (administration) =>
    administration.subscribers(path),
  );
  const items = list.subscribers.map((each) => ({ ...each, state: stateOf(each) }));
  const { stdout } = context.terminal;
  if (format === 'ndjson')
    await stdout.write(items.map((each) => `${JSON.stringify(each)}\n`).join(''));
  else if (format === 'table')
    await stdout.write(`${summaryOf(path, list.subscribers)}\n${tableOf(list.subscribers)}`);
  else if (format === 'raw') await stdout.write(`${summaryOf(path, list.subscribers)}\n`);
  else await printData(context, format, { path, revision: list.revision, subscribers: items });
  if (items.some(({ state }) => state === 'rejected'))
    throw new Failure(exitCodes.other, 'rejected', []);
}

function stateOf({ applied, latest, rejected }: Subscriber): State {
  if (rejected !== undefined) return 'rejected';
  if (applied === undefined || latest === undefined) return 'unknown';
  return applied >= latest ? 'up to date' : 'behind';
}

/** `31 of 33 at 812, 1 behind, 1 rejected: pool.max: expected number`. */
function summaryOf(path: string, all: readonly Subscriber[]): string {
  if (all.length === 0) return `nobody uses ${path}`;
  const isIn = (state: State) => all.filter((each) => stateOf(each) === state);
  const newest = Math.max(0, ...all.map(({ latest = 0 }) => latest));
  const rejected = isIn('rejected');
  const reasons = [...new Set(rejected.map((each) => each.rejected?.reason ?? ''))];
  const more = reasons.length > 1 ? ` (and ${reasons.length - 1} more reasons)` : '';
  const parts = [`${isIn('up to date').length} of ${all.length} at ${newest}`];
  for (const state of ['behind', 'unknown'] as const)
    if (isIn(state).length > 0) parts.push(`${isIn(state).length} ${state}`);
  if (rejected.length > 0)
    parts.push(`${rejected.length} rejected: ${oneLine(reasons[0] ?? '')}${more}`);
  return parts.join(', ');
}

const REASON_LENGTH_MAX = 60;

function tableOf(all: readonly Subscriber[]): string {
  if (all.length === 0) return '';
  const rows = all.map((each) => {
    const { client, principal = '-', applied = '-', path, rejected } = each;
    const reason =
      rejected && `${rejected.revision}: ${oneLine(rejected.reason, REASON_LENGTH_MAX)}`;
    return [
      ...[clientName(client), principal, clientLabels(client), path].map((cell) => oneLine(cell)),
      ...[String(applied), stateOf(each), reason ?? ''],
    ];
  });
  return table([['NAME', 'PRINCIPAL', 'LABELS', 'PATH', 'REVISION', 'STATE', 'REJECTED'], ...rows]);
}
