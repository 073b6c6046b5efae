import type { Contender, LockState } from '@confer/client/coordination';
import { withClient } from '../connection.ts';
import type { Context } from '../context.ts';
import { usageError } from '../failure.ts';
import { formatOf, printData } from '../output/format.ts';
import { oneLine, span, table } from '../output/text.ts';
import { type HoldingOptions, nameAndCommand, runHolding } from './holding.ts';

export interface LockRunOptions extends HoldingOptions {
  readonly about?: string;
  readonly show?: true;
}

/** Runs a program while a lock is held, or shows who holds it. */
export async function lock(
  context: Context,
  given: readonly string[],
  options: LockRunOptions,
): Promise<void> {
  if (options.show === true) return show(context, given);
  const { name, command } = nameAndCommand(context, given, 'lock');
  const { about } = options;
  await runHolding(context, command, options, (client, times) =>
    client.lock(name, { ...times, ...(about !== undefined && { about }) }),
  );
}

async function show(context: Context, given: readonly string[]): Promise<void> {
  const [name, ...more] = given;
  if (name === undefined || more.length > 0) throw usageError('--show takes the name of one lock');
  const format = formatOf(context, ['table', 'json', 'yaml']);
  const state = await withClient(context, (client) => client.inspectLock(name));
  if (format !== 'table') return printData(context, format, { name, ...state });
  await context.terminal.stdout.write(textOf(context, name, state));
}

function textOf({ terminal }: Context, name: string, { holder, waiting }: LockState): string {
  if (holder === undefined) return `nobody holds ${oneLine(name)}\n`;
  const row = (what: string, { by, fencingToken, since, value }: Contender) => [
    ...[what, `token ${fencingToken}`, oneLine(by), span(terminal.clock.now() - since)],
    oneLine(value),
  ];
  return table([row('held', holder), ...waiting.map((one) => row('waiting', one))]);
}
